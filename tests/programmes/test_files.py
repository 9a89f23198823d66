"""A wrong file is refused at the place of its mistake, and nothing changes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cordiale.accounts.models import AuditEntry
from cordiale.errors import CordialeError, Located, Refused
from cordiale.programmes import actions, queries
from cordiale.programmes.models import Programme, ProgrammeVersion
from cordiale.programmes.rules.reading import Known, Reading, read_programme
from cordiale.programmes.rules.spec import stops
from cordiale.segments.rules import parse
from tests.segments.generation import WORDS

from .conftest import DAY, WIN_BACK, Cast

ROOT = Path(__file__).resolve().parents[2]
KNOWN = Known(purposes=("offers", "news"), check_condition=bool)


def read(text: str) -> Reading:
    return read_programme(text, "p.yaml", KNOWN)


@pytest.mark.parametrize(
    ("wrong", "right", "at", "words"),
    [
        ("objective:", "objectiv:", "objectiv:", "did you mean 'objective'?"),
        ("metric: order", "metric: orders", "orders, target", "did you mean 'order'?"),
        ("within: 30 days", "within: 30 dayz", "30 dayz", "not a duration"),
        ("target: 8 %", "target: 8", "8, within", "not a percentage"),
        ("control: 0 %", "control: 100 %", "100 %", "leaves nobody"),
        ("enters segment", "enter segment", "enter segment", "did you mean 'enters segment'?"),
        ("purpose: offers", "purpose: offer", "offer}", "did you mean 'offers'?"),
        ("{channel: email", "{channel: mail", "mail, template", "did you mean 'email'?"),
        ("  - send:", "  - sent:", "sent: {channel", "did you mean 'send'?"),
        (", at most: 7 days", "", "{for: order}", "'at most' is missing"),
        ("    then: [{exit: goal}]", "    than: [{exit: goal}]", "than:", "did you mean 'then'?"),
        ("reentry: {after: 180 days}", "reentry: sometimes", "sometimes", "known: always, never"),
        ("programme: win-back", "programme: Win Back", "Win Back", "lower-case"),
        ("title: {fr: Reconquête, en: Win back}", "title: {fr: Reconquête}", "{fr:", "'en' is missing"),
        ("consent: {purpose: offers}", "consent: {purpose: offers}\npriority: high", "high", "whole number"),
        ("reentry:", "reentry: never\nreentry:", "reentry: {after", "written twice"),
        ("  - wait", "\t- wait", "\t- wait", "spaces, not tabs"),
        ("exclude: [staff]", "exclude: &a [staff]", "&a", "anchors and aliases"),
        ("exclude: [staff]", "exclude: !!python/name:os.system [staff]", "!!python", "is not allowed"),
        ("title:", "---\ntitle:", "---", "a second document"),
        ("[{exit: goal}]", "[{exit: goal}, {exit: goal}]", "{exit: goal}, {", "can be reached"),
    ],
)
def test_a_mistake_is_refused_at_its_place(wrong: str, right: str, at: str, words: str):
    text = WIN_BACK.replace(wrong, right, 1)
    with pytest.raises(Located) as refused:
        read(text).require()
    before = text[: text.index(at)]
    assert (refused.value.line, refused.value.column) == (before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert words in str(refused.value)


def test_all_mistakes_are_found_and_the_first_is_raised():
    reading = read(WIN_BACK.replace("8 %", "x").replace("7 days", "y").replace("180 days", "z"))
    assert [error.line for error in reading.errors] == [3, 6, 10]
    with pytest.raises(Located, match=r"p.yaml:3"):
        reading.require()


@pytest.mark.parametrize(
    "text",
    ["", "# nothing", "[]", "just words", "a: [1", '"', "a: \x00", "- - - -", "{" * 60, "[" * 5000, "x" * 70_000],
)
def test_what_is_no_programme_is_refused_with_a_place(text: str):
    with pytest.raises(Located, match=r"^p.yaml:\d+:\d+: "):
        read(text).require()


def test_a_billion_laughs_are_refused_at_the_first_anchor():
    lines = ["a: &a [x]"] + [
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    with pytest.raises(Located, match=r"p.yaml:1:4: anchors"):
        read("\n".join(lines)).require()


@given(st.data())
def test_no_mutilation_of_a_file_escapes_as_another_error(data: st.DataObject):
    start = data.draw(st.integers(0, len(WIN_BACK)))
    end = data.draw(st.integers(start, min(len(WIN_BACK), start + 40)))
    text = WIN_BACK[:start] + data.draw(st.text(max_size=6)) + WIN_BACK[end:]
    reading = read(text)
    assert (reading.spec is None) == bool(reading.errors)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path):
    path = tmp_path / "p.yaml"
    path.write_bytes(WIN_BACK.encode().replace("ê".encode(), b"\xea"))
    with pytest.raises(Located, match=r"p.yaml:2:20: this byte is not UTF-8"):
        queries.read_files([path])


def test_a_missing_file_is_one_clear_message(tmp_path: Path):
    with pytest.raises(CordialeError, match="No such file"):
        queries.read_files([tmp_path / "nothing.yaml"])


def test_paths_name_every_step_and_ways_lead_forward():
    found = {stop.path: stop.ways for stop in stops(read(WIN_BACK).require().scenario)}
    assert found == {
        "0": {"done": "1"},
        "1": {"event": "2", "timeout": "2"},
        "2": {"then": "2.then.0", "else": "2.else.0"},
        "2.then.0": {"done": None},
        "2.else.0": {"done": None},
    }


@pytest.mark.parametrize("name", ["win-back", "welcome", "birthday"])
def test_the_examples_are_in_order(cast: Cast, name: str):
    assert queries.read_files([ROOT / "programmes" / f"{name}.yaml"])[0].reading.require().name == name


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("segment: dormant", "segment: dormnt", r"4:18: there is no segment 'dormnt' \(did you mean 'dormant'\?\)"),
        ("segment dormant}", "segment lost}", r"5:28: there is no segment 'lost'"),
        ("template: we-miss-you}", "template: we-mis-you}", r"9:38: there is no template 'we-mis-you' for email"),
        ("orders(since", "ordres(since", r"11:10: .*ordres"),
    ],
)
def test_what_a_file_names_must_exist(cast: Cast, wrong: str, right: str, message: str):
    path = cast.write(WIN_BACK.replace(wrong, right))
    with pytest.raises(Located, match=message):
        actions.plan([path])


def test_one_wrong_file_keeps_all_from_being_applied(cast: Cast, now: datetime):
    good = cast.write(WIN_BACK, "good.yaml")
    bad = cast.write(WIN_BACK.replace("win-back", "other").replace("7 days", "7 dais"), "bad.yaml")
    with pytest.raises(Located, match=r"bad.yaml"):
        actions.apply([good, bad], actor="test", now=now)
    assert not Programme.objects.exists()


def test_two_files_of_one_programme_are_refused(cast: Cast):
    with pytest.raises(Located, match="also in"):
        actions.plan([cast.write(WIN_BACK, "a.yaml"), cast.write(WIN_BACK, "b.yaml")])


def test_the_plan_says_new_changed_or_unchanged_and_changes_nothing(cast: Cast, now: datetime):
    assert [change.what for change in actions.plan([cast.write(WIN_BACK)])] == ["new"]
    cast.apply(start=False)
    assert actions.plan([cast.write(WIN_BACK)])[0].diff == ()
    changed = actions.plan([cast.write(WIN_BACK.replace("8 %", "9 %"))])[0]
    assert (changed.what, changed.number) == ("changed", 2)
    assert any(line.startswith("+objective") for line in changed.diff)
    assert ProgrammeVersion.objects.count() == 1


def test_applying_the_same_text_again_makes_no_version(cast: Cast, now: datetime):
    cast.apply(start=False)
    cast.apply(now=now + DAY, start=False)
    assert ProgrammeVersion.objects.count() == 1
    assert AuditEntry.objects.filter(noun="programme").count() == 1


def test_a_start_is_refused_until_a_control_share_was_chosen(cast: Cast, now: datetime):
    cast.apply(WIN_BACK.replace(", control: 0 %", ""), start=False)
    with translation.override("en"), pytest.raises(Refused, match="control share"):
        actions.start_programme("win-back", actor="test", now=now)


def test_a_draft_cannot_be_paused(cast: Cast, now: datetime):
    cast.apply(start=False)
    with translation.override("en"), pytest.raises(Refused, match="start it first"):
        actions.pause_programme("win-back", actor="test", now=now)


@pytest.mark.parametrize("written", [
    '"age > 3 and citi = 1"', "'city = ''x'' and citi = 1'", "age > 3 and citi = 1",
    "|\n      age > 3\n      and citi = 1",
    ">\n      age > 3\n      and citi = 1", ">-\n      age > 3 and\n\n      citi = 1", "age > 3\n      and citi = 1",
    '"city = \'\\u00e9\' \\\n      and citi = 1"', "|+\n        age > 3 and\n        citi",
])  # fmt: skip
def test_a_mistake_in_a_condition_is_told_at_its_place_however_it_is_written(written: str):
    text = WIN_BACK.replace('"orders(since => entry) > 0"', written)
    known = Known(purposes=("offers", "news"), check_condition=lambda one: parse(one, WORDS, in_scenario=True))
    with pytest.raises(Located, match="did you mean 'city'") as refused:
        read_programme(text, "p.yaml", known).require()
    before = text[: text.index("citi")]
    assert (refused.value.line, refused.value.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
