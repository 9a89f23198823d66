"""What product categories are called."""

from __future__ import annotations

import os

import pytest

from cordiale import home
from cordiale.errors import Located
from cordiale.facts.categories import category_label, promoted_label


def _write(folder: home.Home, text: str) -> None:
    path = folder.company / "categories.yaml"
    path.write_text(text)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + len(text)))


def test_a_category_has_a_name_in_the_reader_s_language(fresh_home: home.Home) -> None:
    _write(fresh_home, "WINE: {fr: Vins, en: Wine}\nBREAD: {fr: Pains}\n")
    assert category_label("WINE", "fr") == "Vins"
    assert category_label("WINE", "en-gb") == "Wine"
    assert category_label("BREAD", "en") == "Pains"


def test_a_category_without_a_name_shows_its_code(fresh_home: home.Home) -> None:
    assert category_label("WINE", "fr") == "WINE"
    assert category_label(None, "fr") == ""


def test_names_are_read_again_when_the_file_changes(fresh_home: home.Home) -> None:
    _write(fresh_home, "WINE: {fr: Vins}\n")
    assert category_label("WINE", "fr") == "Vins"
    _write(fresh_home, "WINE: {fr: Vins et cidres}\n")
    assert category_label("WINE", "fr") == "Vins et cidres"


@pytest.mark.parametrize(
    ("text", "place"),
    [("WINE: Vins\n", "1:1"), ("A: {fr: A}\nWINE: {fr: 3}\n", "2:1"), ("- WINE\n", "1:1"), ("WINE: {fr\n", "2:1")],
)
def test_a_wrong_file_is_pointed_at(fresh_home: home.Home, text: str, place: str) -> None:
    _write(fresh_home, text)
    with pytest.raises(Located, match=f"^categories.yaml:{place}: "):
        category_label("WINE", "fr")


def test_a_message_names_only_what_may_be_promoted(fresh_home: home.Home) -> None:
    path = fresh_home.company / "categories.yaml"
    path.write_text("BREAD: {fr: Pains, en: Bread}\nWINE: {fr: Vins, en: Wine, promote: false}\n")
    assert promoted_label("BREAD", "fr") == "Pains"
    assert promoted_label("WINE", "fr") == ""
    assert promoted_label("unknown", "fr") == ""
    assert category_label("WINE", "fr") == "Vins"
