"""The report as a page: ``html`` fills the template, ``timeline`` draws the timelines."""

from reactor_cli.page.html import as_html

__all__ = ["as_html"]
