"""What the pages say of results, in both languages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from cordiale import clock, home
from cordiale.measure import panels
from cordiale.measure.queries import dashboard_figures

from .world import START, Order, contacted, customers, play, programme, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_home")]

SHOWN = {"programme": panels.programme_results, "dashboard": panels.dashboard_results}


def _page(name: str, subject: object, language: str) -> str:
    with translation.override(language):
        content = SHOWN[name](RequestFactory().get("/"), subject)
        return re.sub(r"\s+", " ", render_to_string(content.template, content.context))


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def without_effect():
    people, found = customers(400), programme(control="50 %")
    play(found, people, [contacted(place, is_control=place % 2 == 0) for place in range(400)])
    sell(people, [Order(place, START + timedelta(days=2), Decimal(10 + place % 7)) for place in range(0, 400, 3)]
         + [Order(0, START + timedelta(days=50), Decimal(1))])  # fmt: skip
    return found


def test_the_programme_page_says_that_no_effect_is_shown(without_effect) -> None:
    english, french = (_words(_page("programme", without_effect, language)) for language in ("en", "fr"))
    assert re.search(r"No effect is shown: the interval −[\d.]+ points … \+[\d.]+ points contains zero\.", english)
    assert re.search(
        r"Aucun effet n’est établi : l’intervalle −[\d,]+ points … \+[\d,]+ points contient zéro\.", french
    )


def test_only_a_demonstration_says_why_there_is_no_effect(without_effect) -> None:
    assert "nobody in this data" not in _page("programme", without_effect, "en")
    (home.current().run / "demo.json").write_text(json.dumps({"ends_at": START.isoformat(), "data": {"en": "x"}}))
    assert "nobody in this data ever received our messages" in _page("programme", without_effect, "en")
    assert "personne dans ces données n’a jamais reçu nos messages" in _page("programme", without_effect, "fr")


def test_the_page_carries_no_inline_style_and_numbers_svg_can_read(without_effect) -> None:
    page = _page("programme", without_effect, "fr")
    assert "style=" not in page
    assert page.count('role="img"') == 3
    assert all(re.fullmatch(r"\d+(\.\d)?", place) for place in re.findall(r' (?:x1|x2|cx)="([^"]*)"', page))


def test_a_programme_without_a_version_shows_no_results() -> None:
    found = programme()
    found.current = None
    assert panels.programme_results(RequestFactory().get("/"), found) is None


def test_an_open_window_is_said_in_words() -> None:
    people, found = customers(3), programme()
    play(found, people, [contacted(place, is_control=place == 0) for place in range(3)])
    sell(people, [Order(0, START + timedelta(days=2), Decimal(10))])
    assert "the windows after the contact are still open" in _page("programme", found, "en")


def test_the_dashboard_compares_four_weeks_with_the_four_before(without_effect) -> None:
    figures = dashboard_figures(START + timedelta(days=53))
    assert (figures.last_day - figures.first_day).days == 27
    assert figures.last_day == clock.local_day(START + timedelta(days=50), "Europe/Paris")
    assert (figures.orders.value, figures.orders.before) == (1, 134)
    assert figures.revenue.before == pytest.approx(sum(10 + place % 7 for place in range(0, 400, 3)))
    assert (figures.messages.value, figures.messages.before) == (0, 200)
    assert figures.orders.change == pytest.approx(1 / 134 - 1)


def test_the_dashboard_of_an_empty_home_shows_nothing_to_divide_by() -> None:
    page = _words(_page("dashboard", None, "en"))
    assert "nothing in the 28 days before" in page
    assert "Customers reachable by email" in page
