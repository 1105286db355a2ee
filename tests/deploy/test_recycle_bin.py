"""The retention rule of the Recycle Bin: what the stack's parameter makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from deploy import recycle_bin

Template = dict[str, Any]


def rule(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"]["RecycleBinRule"]
    return properties


@pytest.mark.parametrize("template_name", ["sam", "stack_sets"])
def test_without_days_the_stack_has_no_rule(template_name: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(template_name)
    template = json.loads(path.read_text())
    assert template["Parameters"]["RecycleBinDays"]["Default"] == 0
    assert rule(template)["Condition"] == "HasRecycleBin"
    assert template["Conditions"]["HasRecycleBin"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "RecycleBinDays"}, 0]}]}


def test_it_keeps_snapshots_of_this_app_and_no_others(translated: Template) -> None:
    properties = rule(translated)["Properties"]
    assert properties["ResourceType"] == "EBS_SNAPSHOT"
    assert properties["ResourceTags"] == [{"ResourceTagKey": "Type", "ResourceTagValue": "Automated"}]
    assert properties["RetentionPeriod"] == {
        "RetentionPeriodUnit": "DAYS",
        "RetentionPeriodValue": {"Ref": "RecycleBinDays"},
    }


def test_the_api_takes_what_the_template_says(translated: Template) -> None:
    properties = rule(translated)["Properties"]
    period = properties["RetentionPeriod"] | {"RetentionPeriodValue": recycle_bin.MAX_DAYS}
    shape = get_session().get_service_model("rbin").operation_model("CreateRule").input_shape
    assert shape
    assert not ParamValidator().validate(properties | {"RetentionPeriod": period}, shape).has_errors()


def test_the_days_that_the_stack_takes_are_those_of_the_recycle_bin() -> None:
    parameter = recycle_bin.PARAMETERS["RecycleBinDays"]
    assert (parameter["Type"], parameter["MinValue"], parameter["MaxValue"]) == ("Number", 0, 365)
