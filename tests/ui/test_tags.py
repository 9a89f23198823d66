"""The tags every page is made with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]


def render(text: str, **values: object) -> str:
    with translation.override("en"):
        return Template(text).render(Context(values))


def test_a_figure_has_its_period_its_definition_and_its_list() -> None:
    html = render('{% kpi label="Orders" value="12" period="last 28 days" definition="All of them." url="/o/" %}')
    for part in ("<dt>Orders</dt>", '<a href="/o/">12</a>', "last 28 days", "All of them.", "Definition of “Orders”"):
        assert part in html


def test_a_label_cannot_bring_markup_in() -> None:
    assert "<script>" not in render("{% kpi label=x value=x definition=x %}", x="<script>")


def test_a_chart_brings_its_values_as_data_and_as_a_table() -> None:
    series = [{"name": "</script><b>", "values": [0.5, None]}]
    html = render(
        '{% chart kind="line" labels=l series=s title="T" summary="Up." unit="percent" %}', l=["a", "b"], s=series
    )
    data = json.loads(re.search(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[1])  # type: ignore[index]
    assert data["series"] == [{"name": "</script><b>", "values": [0.5, None]}]
    assert "50.0%" in html
    assert "<b>" not in html
    assert "<figcaption>Up.</figcaption>" in html


@pytest.mark.parametrize(("source", "is_marked"), [("synthetic", True), ("shop", False)])
def test_only_synthetic_values_are_marked(source: str, is_marked: bool) -> None:
    customer = SimpleNamespace(email="a@example.org", phone="", origin=lambda field: {"source": source})
    assert ("synthetic" in render('{% synthetic customer "email" %}', customer=customer)) is is_marked
    assert render('{% synthetic customer "phone" %}', customer=customer) == ""


def test_turning_a_page_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/x/?q=a&page=2")
    page = Paginator(range(150), 50).page(2)
    html = Template("{% pager page %}").render(RequestContext(request, {"page": page, "request": request}))
    assert "?q=a&amp;page=1" in html
    assert "?q=a&amp;page=3" in html


def test_a_single_page_has_no_pager() -> None:
    request = RequestFactory().get("/")
    page = Paginator(range(3), 50).page(1)
    assert (
        Template("{% pager page %}").render(RequestContext(request, {"page": page, "request": request})).strip() == ""
    )


def test_every_icon_a_template_asks_for_is_in_the_sprite() -> None:
    known = set(
        re.search(r"`(.*?)`", (ROOT / "frontend/icons.mjs").read_text().split("export", 1)[1], re.DOTALL)[1].split()
    )  # type: ignore[index]
    asked = {
        (icon, path.name)
        for path in (ROOT / "src/cordiale").glob("*/templates/**/*.html")
        for icon in re.findall(r'{% icon "([^"]+)"', path.read_text())
    }
    assert {one for one in asked if one[0] not in known} == set()


def test_no_template_holds_inline_styles_or_scripts() -> None:
    """The content policy would refuse them in the browser; mail templates are not pages."""
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*src=)|\son[a-z]+=[\"']", re.IGNORECASE)
    pages = (ROOT / "src/cordiale").glob("*/templates/**/*.html")
    assert [path.name for path in pages if inline.search(path.read_text())] == []
