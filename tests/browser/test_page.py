"""The report's page in a real browser: it renders, sorts, filters, fits, prints, and runs nothing but its own script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import show
from tests.browser.sample import HOSTILE

pytestmark = pytest.mark.browser

TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(element => !element.closest('svg') && element.getClientRects().length)
  .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5 || element.getBoundingClientRect().left < -0.5)
  .map(element => element.outerHTML.slice(0, 120))"""
CUT = """() => [...document.querySelectorAll('article *, .hero *, .tiles *, .attention *, .rows *')]
  .filter(element => !element.closest('svg, details:not([open])') && getComputedStyle(element).overflow !== 'visible')
  .filter(element => element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
  .map(element => element.outerHTML.slice(0, 120))"""
CONTRAST = """() => {
  const light = text => { const [r, g, b] = text.match(/[0-9.]+/g).map(Number).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => { for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor; if (!/^rgba.*, 0\\)$/.test(colour)) return colour; } return 'rgb(255,255,255)'; };
  const poor = new Set();
  for (const element of document.querySelectorAll('h1,h2,h3,p,dt,dd,li,code,small,button,.badge,.l span')) {
    if (!element.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.add(`${element.className || element.tagName} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return [...poor]; }"""


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_it_renders_without_a_complaint_and_without_a_network(browser: Browser, file: Path) -> None:
    opened = show(browser, file)
    assert opened.complaints == []
    assert opened.requests == [file.as_uri()]
    assert len(opened.names()) == 24
    assert opened.page.inner_text(".verdict span") == "14 of 48 volumes to be backed up are not covered."
    dots = opened.page.evaluate(
        "[...document.querySelectorAll('.t use.s')].map(u => u.getBBox().width).filter(w => w > 500)"
    )
    assert len(dots) > 40  # a month of them, on nearly every lane


def test_what_tags_say_is_shown_and_not_run(browser: Browser, file: Path) -> None:
    opened = show(browser, file)
    assert opened.page.title() == "EBS backups, 22 November 2026"
    assert HOSTILE in opened.names()
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img").count() == 0


def test_a_script_that_got_in_would_not_run(browser: Browser, file: Path, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.html"
    tampered.write_text(file.read_text().replace("</main>", "<script>document.title='owned'</script></main>"))
    opened = show(browser, tampered)
    assert opened.page.title() == "EBS backups, 22 November 2026"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_sorting(browser: Browser, file: Path) -> None:
    opened = show(browser, file)
    assert opened.names()[0] == "server-007"  # uncovered
    opened.page.click("text=Name")
    by_name = opened.names()
    assert by_name == sorted(by_name, key=str.lower)
    opened.page.click("text=Name")
    assert opened.names() == by_name[::-1]
    opened.page.click("[data-sort=a]")
    assert opened.names()[0] in ("server-015", HOSTILE)  # two days without a snapshot
    assert opened.page.get_attribute("[data-sort=a]", "aria-pressed") == "true"
    assert opened.page.get_attribute("[data-sort=n]", "aria-pressed") == "false"
    for key in "rgzc":
        opened.page.click(f"[data-sort={key}]")
        assert sorted(opened.names()) == sorted(by_name)
    assert opened.complaints == []


def test_filtering(browser: Browser, file: Path) -> None:
    opened = show(browser, file)
    opened.page.click("[data-show=attention]")
    need_attention = opened.names()
    assert len(need_attention) == 10
    assert opened.page.inner_text("#shown") == "10 of 24"
    opened.page.click("[data-show=covered]")
    assert len(opened.names()) == 14
    assert not set(opened.names()) & set(need_attention)
    opened.page.click("[data-show=all]")
    opened.page.fill("#find", "SERVER-01")
    assert opened.names() == [name for name in opened.names() if "server-01" in name]
    assert len(opened.names()) == 10
    opened.page.fill("#find", "no such thing")
    assert opened.names() == []
    assert opened.page.is_visible("#nothing")
    opened.page.fill("#find", "")
    assert len(opened.names()) == 24


def test_a_dot_shows_when_it_was_taken_and_when_it_expires(browser: Browser, file: Path) -> None:
    opened = show(browser, file)
    opened.page.fill("#find", "server-000")
    lane = opened.page.locator("article:visible .t").first
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    assert box
    now = opened.page.evaluate("parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--now'))")
    opened.page.mouse.move(box["x"] + box["width"] * now / 100 - 3, box["y"] + 8)
    assert opened.page.inner_text("#tip") == "eu-west-1, 22 Nov, 03 h UTC: completed, expires on 22 Dec 2026"
    opened.page.mouse.move(5, 5)
    assert not opened.page.is_visible("#tip")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, file: Path, width: int, scheme: str) -> None:
    opened = show(browser, file, width, scheme)
    opened.page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    assert opened.page.evaluate(TOO_WIDE) == []
    assert opened.page.evaluate(CUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_can_be_read_and_chosen(browser: Browser, file: Path, scheme: str) -> None:
    opened = show(browser, file, scheme=scheme)
    first = background(opened.page)
    assert opened.page.evaluate(CONTRAST) == []
    opened.page.click("#theme")
    assert background(opened.page) != first
    assert opened.page.evaluate(CONTRAST) == []
    opened.page.reload()
    assert background(opened.page) != first  # it is remembered
    opened.page.click("#theme")
    assert background(opened.page) == first
    assert opened.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_has_no_cut_and_is_light(browser: Browser, file: Path, scheme: str) -> None:
    opened = show(browser, file, width=718, scheme=scheme)  # A4 at 96 dpi, less the margins
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert background(opened.page) == "rgb(255, 255, 255)"
    assert not opened.page.is_visible(".tools")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 718
    assert opened.page.evaluate(TOO_WIDE) == []
    assert opened.page.evaluate(CUT) == []
    assert opened.page.is_visible("details li")
    assert opened.page.pdf(format="A4").startswith(b"%PDF")
    assert opened.page.evaluate("getComputedStyle(document.querySelector('article')).breakInside") == "avoid"
