"""The template for a stack set: translated beforehand, as stack sets with service-managed permissions take no macros.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
"""

from __future__ import annotations

from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

# Lambda takes code from a bucket of its own Region only.
CODE = {"Bucket": {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"}, "Key": {"Ref": "CodeKey"}}
CODE_PARAMETERS = {
    "CodeBucketPrefix": {
        "Type": "String",
        "Description": "The buckets with the code are named after this, a hyphen and their Region",
    },
    "CodeKey": {"Type": "String", "Description": "The key of deployment.zip in each of them"},
}
ANY_REGION = "us-east-1"


def translated(template: dict[str, Any]) -> dict[str, Any]:
    """What CloudFormation makes of a template of the Serverless Application Model, by AWS's own translator.

    samtranslator's InvalidDocumentException says what is wrong with the template.
    """
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = CODE
    template["Parameters"] = template.get("Parameters", {}) | CODE_PARAMETERS
    return plain(template)


def plain(template: dict[str, Any]) -> dict[str, Any]:
    """The same without a transform."""
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=ANY_REGION))
    found: dict[str, Any] = translator.translate(template, {}, {})
    return found
