"""The company: its instances, the tags that their owners set, and what these promise in plain figures."""

from __future__ import annotations

from datetime import UTC, datetime, time

from emulator import LocalAWS
from emulator.judge import Instance, Promise

NAME = "Larkspur Books"
IRELAND, FRANKFURT, VIRGINIA = "eu-west-1", "eu-central-1", "us-east-1"
PLACES = {IRELAND: "Ireland, the shop", FRANKFURT: "Frankfurt, the warehouse", VIRGINIA: "Virginia, the office"}
START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 30
RECYCLE_BIN_DAYS = 7

NIGHT = (time(3),)
EVERY_SIX_HOURS = (time(0), time(6), time(12), time(18))

FLEET = (
    Instance(
        "shop-web",
        IRELAND,
        {"Backup": "Yes", "Retention": "7d 4w 12m", "Copy_Dest": FRANKFURT},
        Promise(NIGHT, 7, (FRANKFURT,), 7, weeks=4, months=12),
        (20,),
    ),
    Instance(
        "shop-db",
        IRELAND,
        {
            "Backup": "Yes",
            "Schedule": "daily 01:00",
            "Retention": "14",
            "Copy_Dest": f"{FRANKFURT}, {VIRGINIA}",
            "Consistency": "fsfreeze",
        },
        Promise((time(1),), 14, (FRANKFURT, VIRGINIA), 14),
        (20, 200, 100),
    ),
    Instance(
        "shop-cart",
        IRELAND,
        {"Backup": "Yes", "Schedule": "every 6h", "Retention": "3", "Copy_Dest": VIRGINIA},
        Promise(EVERY_SIX_HOURS, 3, (VIRGINIA,), 3),
    ),
    Instance("shop-search", IRELAND, {"Backup": "Yse", "Copy_Dest": FRANKFURT}, None, (50,)),
    Instance(
        "stock-app",
        FRANKFURT,
        {"Backup": "Yes", "Schedule": "daily 21:30", "Copy_Dest": IRELAND},
        Promise((time(21, 30),), 7, (IRELAND,), 7),
        (20, 100),
        frozenset({1}),
    ),
    Instance("stock-print", FRANKFURT, {"Backup": "Yes"}, Promise(NIGHT, 7)),
    Instance("stock-test", FRANKFURT, {}, None),
    Instance(
        "payroll",
        VIRGINIA,
        {"Backup": "Yes", "Copy_Dest": FRANKFURT},
        Promise(NIGHT, 7, (FRANKFURT,), 7),
        (40,),
    ),
    Instance(
        "reports",
        VIRGINIA,
        {"Backup": "Yes", "Retention": "5", "Copy_Dest": IRELAND, "Copy_Retention": "10"},
        Promise(NIGHT, 5, (IRELAND,), 10),
        (60,),
    ),
)

# Launched while the month runs.
NOTEBOOK = Instance(
    "notebook",
    VIRGINIA,
    {"Backup": "true", "Retention": "3", "Copy_Dest": FRANKFURT},
    Promise(NIGHT, 3, (FRANKFURT,), 3),
    (30,),
)
EVERYONE = (*FLEET, NOTEBOOK)


def local_aws() -> LocalAWS:
    """The company's AWS at the start of the month, set up with RecycleBinDays=7. Only ids differ from run to run."""
    aws = LocalAWS(start=START, regions=tuple(PLACES), seed=2026)
    for region in PLACES:
        aws.keep_deleted(region, days=RECYCLE_BIN_DAYS, tags={"Type": "Automated"})
    return aws
