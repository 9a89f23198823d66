"""Static segments: lists of people out of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from django.utils import translation

from cordiale.accounts.models import AuditEntry
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, Refused
from cordiale.identity.actions import Told, merge, tell, unmerge
from cordiale.segments import actions, holdings, loading, queries
from cordiale.segments.models import Listing
from tests.segments.conftest import NOW


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def people(snapshot: dict[str, int]) -> dict[str, int]:
    """The company, its emails and a card known to identity."""
    rows = [
        Told(identifiers={"reference": one.reference, **({"email": one.email} if one.email else {})}, values={},
             source="test", at=NOW) for one in Customer.objects.order_by("id")
    ]  # fmt: skip
    tell(rows, NOW)
    tell([Told(identifiers={"reference": "emil", "card": "K-7"}, values={}, source="test", at=NOW)], NOW)
    return snapshot


def file(folder: Path, *lines: str) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def load(path: Path, how: str = "replace", **more: object) -> loading.Loaded:
    return loading.load("vip", path, how=how, actor="test", now=NOW, **more)  # type: ignore[arg-type]


def members(text: str = "in_segment('vip')") -> list[int]:
    return queries.members_of(text, NOW).customer_ids


def test_a_list_holds_whom_the_file_names_and_tells_who_was_not_found(people: dict[str, int], tmp_path: Path) -> None:
    done = load(file(tmp_path, "Email;Carte", "a@example.org;", ";K-7", "nobody@example.org;", ";;", "B@Example.org;"))
    assert (done.found, done.added, done.size, done.not_found) == (3, 3, 3, 1)
    assert [(one.row, one.said) for one in done.missing] == [(4, "nobody@example.org")]
    assert members() == [1, 2, 5]
    assert members("in_segment('vip') and city ilike 'lyon'") == [1, 5]
    assert actions.refresh(NOW)["vip"].size == 3


def test_files_add_replace_and_take_off(people: dict[str, int], tmp_path: Path) -> None:
    load(file(tmp_path, "id", "1", "2", "3"))
    assert load(file(tmp_path, "id", "3", "4", "4"), "add").added == 1
    assert load(file(tmp_path, "reference", "anna"), "remove").removed == 1
    assert members() == [2, 3, 4]
    done = load(file(tmp_path, "id", "4", "5", "999999", "x"))
    assert (done.added, done.removed, done.not_found, members()) == (1, 2, 2, [4, 5])
    assert list(Listing.objects.values_list("actor", "source").distinct()) == [("test", "people.csv")]
    assert AuditEntry.objects.filter(noun="segment", verb="load").count() == 4


def test_a_workbook_is_read_like_a_text_file(people: dict[str, int], tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "vip.xlsx") as book:
        book.add_worksheet().write_column(0, 0, ["Adresse e-mail", "d@example.org"])
    assert load(tmp_path / "vip.xlsx").found == 1
    assert members() == [4]


def test_a_column_nobody_recognises_is_said(people: dict[str, int], tmp_path: Path) -> None:
    path = file(tmp_path, "Adhérent;Note", "K-7;x")
    with pytest.raises(Refused, match="No column says who"):
        load(path)
    assert load(path, columns={"Adhérent": "card"}).found == 1
    with pytest.raises(CordialeError, match="no column 'Adherent'"):
        load(path, columns={"Adherent": "card"})
    with pytest.raises(CordialeError, match="does not say who"):
        load(path, columns={"Note": "colour"})


def test_a_file_of_strangers_empties_nothing(people: dict[str, int], tmp_path: Path) -> None:
    load(file(tmp_path, "id", "1"))
    with pytest.raises(Refused, match="stays as it was"):
        load(file(tmp_path, "id", "77777"))
    assert members() == [1]


def test_a_list_and_an_expression_do_not_take_each_others_name(people: dict[str, int], tmp_path: Path) -> None:
    load(file(tmp_path, "id", "1"))
    with pytest.raises(Refused, match="is a list"):
        actions.save_segment("vip", "true", actor="test", now=NOW)
    actions.save_segment("lyon", "city = 'Lyon'", actor="test", now=NOW)
    with pytest.raises(Refused, match="an expression"):
        loading.load("lyon", file(tmp_path, "id", "1"), actor="test", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_merge_passes_the_place_on_and_its_undoing_gives_it_back(people: dict[str, int], tmp_path: Path) -> None:
    load(file(tmp_path, "id", "2"))
    merge(1, 2, actor="test", reason="same", now=NOW)
    assert members() == [1]
    unmerge(2, actor="test", now=NOW)
    assert members() == [2]


def test_erasure_takes_a_person_off_every_list(people: dict[str, int], tmp_path: Path) -> None:
    load(file(tmp_path, "id", "1", "2"))
    assert {"segment": "vip", "listed_at": NOW, "source": "people.csv"} in holdings.export([1])
    holdings.erase([1], NOW)
    assert members() == [2]


@pytest.mark.parametrize(("encoding", "mark"), [
    ("utf-8", ""), ("utf-8", "\ufeff"), ("cp1252", ""), ("utf-16", ""),
])  # fmt: skip
def test_a_list_may_come_in_any_encoding_spreadsheets_write(
    people: dict[str, int], tmp_path: Path, encoding: str, mark: str
) -> None:
    path = tmp_path / "vip.csv"
    path.write_bytes((mark + "référence;ville\nchloé;Été\nanna;L'Haÿ\nanna;again\n").encode(encoding))
    done = load(path, columns={"référence": "reference"})
    assert (done.rows, done.found, done.added, done.not_found) == (3, 3, 2, 0)
    assert members() == [1, 3]


@pytest.mark.parametrize("content", [
    b"", b"\n\n", b"reference\n", b"\x00\x01\x02\xff\xfe" * 50, b"PK\x03\x04 no workbook",
    b"PAR1 no parquet PAR1", b'reference\n"never closed\n',
])  # fmt: skip
def test_a_file_that_is_no_list_changes_nothing_and_says_why(
    people: dict[str, int], tmp_path: Path, content: bytes
) -> None:
    load(file(tmp_path, "reference", "anna"))
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CordialeError) as caught:
        load(path)
    assert str(caught.value)
    assert members() == [1]


@pytest.mark.slow
def test_a_million_rows_are_loaded_at_once(people: dict[str, int], tmp_path: Path) -> None:
    many = 1_000_000
    Customer.objects.bulk_create(
        (Customer(id=number, reference=f"r{number}", created_at=NOW, updated_at=NOW)
         for number in range(1_000, 1_000 + 300_000)), batch_size=10_000,
    )  # fmt: skip
    path = tmp_path / "vip.csv"
    path.write_text(
        "id\n" + "\n".join(str(1_000 + number % 400_000) for number in range(many)) + "\nx\n\n99999999999999999999\n"
    )
    done = load(path)
    assert (done.rows, done.added, done.size, len(done.missing)) == (many + 2, 300_000, 300_000, 10_000)
    assert done.not_found == 200_000 + 2
    again = load(path)
    assert (again.added, again.removed, again.size) == (0, 0, 300_000)
