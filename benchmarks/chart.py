"""The chart, an SVG: how memory and time grow with the number of snapshots, and the used share of each limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from benchmarks.figures import Figure
from benchmarks.growth import Growth, bytes_per_snapshot

WIDTH, MARGIN = 960, 40
PANEL, HIGH, TOP = 380, 200, 90
BAR, BARS_LEFT, BARS_WIDE = 26, 460, 390
# Colours that people with any colour vision can distinguish: https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#d55e00", "#009e73")
INK, FAINT, MISSED = "#1f2933", "#d3d9df", "#b00020"
STYLE = (
    "text{font:13px system-ui,'DejaVu Sans',sans-serif;fill:" + INK + "}"
    ".title{font-size:18px;font-weight:600}.head{font-weight:600}.small{font-size:11.5px}.end{text-anchor:end}"
    ".middle{text-anchor:middle}"
)


def chart(growth: Sequence[Growth], figures: Sequence[Figure]) -> str:
    """Return an SVG of the growth, and of every figure whose unit is a share."""
    larger = [result for result in growth if result.size > min(other.size for other in growth)]
    shares = [figure for figure in figures if figure.unit == "share"]
    below = TOP + HIGH + 110
    height = below + BAR * len(shares) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(MARGIN, 36, "ebs-snapshot-reactor: cost and speed against what AWS allows", "title"),
        *_panel(MARGIN, "Memory for each snapshot (bytes)", larger, lambda result: bytes_per_snapshot(result, growth)),
        *_panel(
            MARGIN + PANEL + 120, "Processor time for each page of 1,000 (ms)", growth, lambda result: result.page_ms
        ),
        _text(MARGIN, below - 20, "Used share of the limit; the line marks the goal", "head"),
        *(part for row, figure in enumerate(shares) for part in _bar(below + BAR * row, figure)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(left: int, title: str, growth: Sequence[Growth], value: Callable[[Growth], float]) -> list[str]:
    """Return a panel with one line for each job, over the number of snapshots on a logarithmic scale."""
    sizes = sorted({result.size for result in growth})
    top = _round_up(max((value(result) for result in growth), default=1.0))
    spread = math.log10(sizes[-1] / sizes[0]) or 1.0 if sizes else 1.0

    def x(size: int) -> float:
        return round(left + 50 + (PANEL - 110) * math.log10(size / sizes[0]) / spread, 1)

    def y(number: float) -> float:
        return round(TOP + HIGH * (1 - max(number, 0.0) / top), 1)

    parts = [_text(left, TOP - 22, title, "head")]
    for step in range(5):
        number = top * step / 4
        parts.append(f'<path d="M{left + 50} {y(number)}H{left + PANEL - 50}" stroke="{FAINT}"/>')
        parts.append(_text(left + 42, y(number) + 4, f"{number:,.0f}", "small end"))
    parts += [_text(x(size), TOP + HIGH + 20, f"{size:,}", "small middle") for size in sizes]
    parts.append(_text(left + PANEL / 2, TOP + HIGH + 40, "snapshots", "small middle"))
    jobs = list(dict.fromkeys(result.work for result in growth))
    ends: list[float] = []
    for job in sorted(jobs, key=lambda job: y(_last(growth, job, value))):
        colour = COLOURS[jobs.index(job) % len(COLOURS)]
        points = [(x(result.size), y(value(result))) for result in growth if result.work == job]
        path = " ".join(f"{a},{b}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{a}" cy="{b}" r="4" fill="{colour}"/>' for a, b in points]
        # Move a label down if it would overlap the one above it.
        ends.append(max(points[-1][1], ends[-1] + 15 if ends else 0.0))
        parts.append(f'<text x="{points[-1][0] + 10}" y="{ends[-1] + 4}" style="fill:{colour}">{escape(job)}</text>')
    return parts


def _last(growth: Sequence[Growth], job: str, value: Callable[[Growth], float]) -> float:
    return [value(result) for result in growth if result.work == job][-1]


def _bar(top: float, figure: Figure) -> list[str]:
    wide = BARS_WIDE * min(max(figure.value, 0.0), 1.0)
    colour = COLOURS[0] if figure.met else MISSED
    parts = [
        _text(MARGIN, top + 14, figure.name, "small"),
        f'<rect x="{BARS_LEFT}" y="{top}" width="{BARS_WIDE}" height="{BAR - 8}" fill="{FAINT}"/>',
        f'<rect x="{BARS_LEFT}" y="{top}" width="{wide:.1f}" height="{BAR - 8}" fill="{colour}"/>',
        _text(BARS_LEFT + BARS_WIDE + 12, top + 14, f"{figure.value:.1%}"),
    ]
    if figure.goal is not None:
        goal = BARS_LEFT + BARS_WIDE * figure.goal
        parts.append(f'<path d="M{goal:.1f} {top - 3}v{BAR - 2}" stroke="{INK}" stroke-width="2"/>')
    return parts


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{named}>{escape(text)}</text>'


def _round_up(value: float) -> float:
    """Return the smallest of 1, 2, 4 or 8 times a power of ten that is not less than a value."""
    power = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value or step == 10)
