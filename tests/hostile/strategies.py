"""Whatever somebody may write into an event, a tag, a setting or an argument."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

Path: TypeAlias = tuple[str | int, ...]

# The same examples in every run, and as many as a minute allows.
QUICK = settings(derandomize=True, deadline=None, max_examples=60, database=None)
BRIEF = settings(QUICK, max_examples=25)

ESCAPES = ("\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\x07", "a\rb", "a\nb: kept", "\x7f", "\x85", "\u2028")
BIDI = ("\u202edetcetorp", "\u2066x\u2069", "\u200fx", "\u200b", "\ufeffx", "\u00ad")
FORMULAS = ('=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1", "\u200b=1", "＝1", "＋1", "－1",
            "＠x", "x;=1+1", "x; \u200b=cmd|' /C calc'!A0", ";@x", "x\t=1", "x\n=1")  # fmt: skip
MARKUP = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "</title>", "]]>", "<!--", "-->",
          "&lt;b&gt;", "&", "' onmouseover='x", "{{ 7*7 }}", "{% raw %}", "[bold]x[/bold]", "[/]", "$(id)", "`id`", "; id",
          "</script>", "javascript:alert(1)", "%s%n", "../../etc/passwd")  # fmt: skip
NAMES = (
    *ESCAPES,
    *BIDI,
    *FORMULAS,
    *MARKUP,
    "",
    " ",
    "x" * 256,
    "é" * 256,
    "\U0001f4be" * 256,
    "名前",
    "e\u0301" * 128,
)

DATES = ("2026-02-30", "9999-12-31", "0000-00-00", "0001-01-01", "10000-01-01", "2026-13-01", "２０２６-１１-０１", "٢٠٢٦-١١-٠١",
         "2026-1-1", "2026-11-1", "-2026-11-01", "2026-11-01T00:00Z", "2026/11/01", "26-11-01", "2026-11-01\x00",
         "2026-11-0１", "1e9", "0", "-1", "NaN", "∞", "yesterday", "2026-11-01 2026-11-02")  # fmt: skip
NUMBERS = ("99999999999999999999d", "1e9", "-1", "0", "0d", "36501", "36500d", "5200w", "1200m", "100y", "1200m 100y 1d",
           "101y", "７", "٧d", "7d " * 64, "½", "²", "7.5", "0x7", "１y", "7dd", "d", "+7", "9" * 256)  # fmt: skip
WORDS = ("Yes", "YES ", "Ｙｅｓ", "Yeſ", "Yes\x00", "\u200bYes", "Automated", "ａutomated", "Аutomated", "Automated\u200f",
         "automated,", "us-east-1", "us-east-1\n", "eu-nowhere-9", "mars", "*", "?", "\\", "i-*", "snap-*", "every 0h", "every 99h",
         "daily 24:00", "daily ０３:００", "on-request 99:99", "ssm:" + "x" * 252, "ssm:$(id)", "fsfreeze, required, required",
         "ssm:arn:aws:ssm:us-east-1:666666666666:document/ebs-snapshot-reactor-fsfreeze", "ssm:AWS-RunShellScript",
         "ssm:awſ-RunShellScript", "arn:aws:kms:us-east-1:666666666666:key/1a-2b", "arn:aws:kms:us-east-1:666666666666:alias/x",
         "alias/" + "x" * 250, "alias/$(id)", ", " * 128, "a " * 128, "us-east-1 " * 25)  # fmt: skip
# Whatever EC2 would hold: it answers in XML, which knows no other control characters.
VALUES = (*NAMES, *DATES, *NUMBERS, *WORDS)

KEEP_FOREVER = (
    "KeepForever", "keepforever", "KEEP_FOREVER", "keep-forever", "Keep Forever", "ＫｅｅｐＦｏｒｅｖｅｒ", "Keep\u200bForever",
    "\u202eKeepForever", "Keep\u00adForever", "КeepForever", "KeеpForever", "Keepforеver", "KееpFоrеver", "ΚeepFοrever",
    "KéepForever", "Keep_Fore\u0301ver", "ᴋᴇᴇᴘꜰᴏʀᴇᴠᴇʀ", "𝐊𝐞𝐞𝐩𝐅𝐨𝐫𝐞𝐯𝐞𝐫", "ⓀⓔⓔⓟⒻⓞⓡⓔⓥⓔⓡ", "KeepForeνer", "KeepForeѵer", "Keep\u00a0Forever",
)  # fmt: skip
KEYS = (
    "Backup", "Backup ", "ｂackup", "Ｂａｃｋｕｐ", "backup", "Backups", "Back\u200bup", "Вackup", "Schedule", "Retention", "Copy_Dest",
    "Copy_Retention", "Copy_KmsKey", "Consistency", "Name", "Type", "Ｔype", "DeleteOn", "ＤｅｌｅｔｅＯｎ", "Delete_On", "deleteon",
    "Copy_DeleteOn", "Backup_Slot", "Source_InstanceId", "Source_VolumeId", "Source_Device", "Source_SnapshotId",
    "Source_Region", "Source_StartTime", "Source_VolumeType", "Source_Iops", "Source_Throughput", "Source_Volumes",
    "Copy_Try", "Restored_From", "Restored_For", "team", "=1+1", "<b>", "k" * 127, "\x1b[31m",
)  # fmt: skip

any_text = st.one_of(st.sampled_from(VALUES), st.text(max_size=256), st.text(st.characters(), max_size=20))
values = st.one_of(st.sampled_from(VALUES), st.text(max_size=256))
keys = st.sampled_from((*KEYS, *KEYS, *KEYS, *KEEP_FOREVER))
hostile_tags = st.dictionaries(st.one_of(keys, st.text(min_size=1, max_size=127)), values, max_size=12)


def nested(depth: int, kind: type = list) -> Any:
    """A list or an object in a list or an object, and so on."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind is list else {"detail": value}
    return value


LARGE = "x" * 2**18
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    any_text,
    st.sampled_from(
        ["\ud800", "\x00", LARGE, [], {}, [[]], [None], {"": None}, nested(300), nested(300, dict), [LARGE] * 3]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, the value itself first."""
    yield above
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield from paths(inner, (*above, key))


@st.composite
def mutations(draw: st.DrawFn, event: Mapping[str, Any]) -> Any:
    """An event with one to three of its values replaced, removed, wrapped, or given company."""
    changed: Any = copy.deepcopy(dict(event))
    for _ in range(draw(st.integers(1, 3))):
        places = [path for path in paths(changed) if path]
        if not places:
            return draw(anything)
        _change(changed, draw(st.sampled_from(places)), draw(st.sampled_from(sorted(_CHANGES))), _copy(draw(anything)))
    return changed


def _copy(value: Any) -> Any:
    """A copy of a value of JSON: the next change must not change the strategy's own values."""
    return json.loads(json.dumps(value))


def _change(event: Any, path: Path, change: str, value: Any) -> None:
    at = event
    for step in path[:-1]:
        at = at[step]
    if change == "remove":
        del at[path[-1]]
    else:
        at[path[-1]] = _CHANGES[change](at[path[-1]], value)


_CHANGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "remove": lambda old, new: None,
    "replace": lambda old, new: new,
    "list": lambda old, new: [old],
    "company": lambda old, new: [old, new],
    "object": lambda old, new: {"x": old},
    "text": lambda old, new: f"{old}{new}"[:1000],
    "upper": lambda old, new: old.upper() if isinstance(old, str) else new,
}
