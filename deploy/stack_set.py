"""The template for a stack set, already translated: stack sets with service-managed permissions accept no macros.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
"""

from __future__ import annotations

from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

# Lambda reads code only from a bucket in its own Region.
CODE = {"Bucket": {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"}, "Key": {"Ref": "CodeKey"}}
CODE_PARAMETERS = {
    "CodeBucketPrefix": {
        "Type": "String",
        "Description": "The name of each bucket with the code is this prefix, a hyphen, and the Region",
    },
    "CodeKey": {"Type": "String", "Description": "The key of deployment.zip in these buckets"},
}
ANY_REGION = "us-east-1"


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """Return the plain CloudFormation of a SAM template, translated by AWS's own translator.

    samtranslator raises InvalidDocumentException, which says what is wrong with the template.
    """
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = CODE
    template["Parameters"] = template.get("Parameters", {}) | CODE_PARAMETERS
    return plain(template)


def plain(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template without its transform."""
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=ANY_REGION))
    translation: dict[str, Any] = translator.translate(template, {}, {})
    return translation
