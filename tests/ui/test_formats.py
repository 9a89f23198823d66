"""Figures and moments as a reader of each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cordiale.clock import NaiveInstant
from cordiale.ui import formats

NARROW, HARD = "\u202f", "\xa0"


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("fr", lambda: formats.number(12480), f"12{NARROW}480"),
        ("en", lambda: formats.number(12480), "12,480"),
        ("fr", lambda: formats.number(1.2345), "1,23"),
        ("en", lambda: formats.number(1, 1), "1.0"),
        ("fr", lambda: formats.money(Decimal("48215.5")), f"48{NARROW}215,50{HARD}€"),
        ("en", lambda: formats.money(Decimal("-48215.5"), 0), "-€48,216"),
        ("fr", lambda: formats.percent(0.125, 1), f"12,5{HARD}%"),
        ("en", lambda: formats.percent(0.12), "12%"),
        ("fr", lambda: formats.days(1.5), "1,5 jour"),
        ("en", lambda: formats.days(1.5), "1.5 days"),
        ("fr", lambda: formats.days(12), "12 jours"),
        ("en", lambda: formats.days(1), "1 day"),
        ("fr", lambda: formats.instant(datetime(2026, 11, 22, 9, 5, tzinfo=UTC)), "22 nov. 2026, 10:05"),
        ("en", lambda: formats.instant(datetime(2026, 7, 22, 9, 5, tzinfo=UTC)), "22 Jul 2026, 11:05"),
        ("fr", lambda: formats.day(date(2026, 2, 3)), "3 févr. 2026"),
        ("fr", lambda: formats.day(date(2026, 3, 1)), "1er mars 2026"),
        ("en", lambda: formats.day(date(2026, 3, 1)), "1 Mar 2026"),
        ("fr", lambda: formats.day(datetime(2026, 2, 2, 23, 30, tzinfo=UTC)), "3 févr. 2026"),
        ("fr", lambda: formats.in_language({"fr": "Reconquête", "en": "Win back"}), "Reconquête"),
        ("en", lambda: formats.in_language({"fr": "Reconquête"}), "Reconquête"),
        ("fr", lambda: formats.country("FR") + formats.language_name("en"), "Franceanglais"),
    ],
)
def test_it_is_written_as_people_write_it(language: str, written, expected: str) -> None:  # type: ignore[no-untyped-def]
    with translation.override(language):
        assert written() == expected


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "", True])
def test_what_is_no_figure_is_a_dash(value: object) -> None:
    assert {write(value) for write in (formats.number, formats.money, formats.percent, formats.days)} == {"–"}  # type: ignore[operator]


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        formats.instant(datetime(2026, 1, 1))  # noqa: DTZ001 - what must be refused


@given(st.integers(-(10**12), 10**12))
def test_a_written_whole_number_keeps_every_digit(value: int) -> None:
    with translation.override("fr"):
        assert int(formats.number(value).replace(NARROW, "")) == value
