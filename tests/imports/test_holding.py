"""What imports hold of a person: told on request, gone on erasure."""

from __future__ import annotations

import pytest

from cordiale.customers.models import Customer
from cordiale.imports import files, holding
from tests.imports.conftest import NOW, PEOPLE, Give

pytestmark = pytest.mark.django_db(transaction=True)


def number(reference: str) -> int:
    return Customer.objects.get(reference=reference).pk


def test_an_export_names_the_files_that_spoke_of_somebody(give: Give) -> None:
    imported = give(PEOPLE, name="crm.csv")
    told = holding.export([number("u1")])
    assert told is not None
    assert [(one["number"], one["file"]) for one in told] == [(imported.pk, "crm.csv")]
    assert holding.export([number("u1") + 1_000]) is None


@pytest.mark.parametrize(
    "content",
    [
        "Réf;Email\nx9;ANAIS@example.org\n",
        "Réf;Téléphone;Email\nx9;+33 (0)6 12 34 56 78;bad\n",
        "Réf;Prénom;Nom;Email\nx9;anaïs;œuvrard;bad\n",
    ],
)
def test_erasure_deletes_the_files_that_hold_somebody_even_in_refused_rows(give: Give, content: str) -> None:
    give(PEOPLE)
    other = give("Réf;Nom\nz1;Nobody\n")
    rows_of_theirs = give(content, run=False)
    assert holding.erase([number("u1")], NOW) == 2
    assert not files.folder(rows_of_theirs.pk).exists()
    assert files.upload(other.pk).is_file()
    rows_of_theirs.refresh_from_db()
    assert rows_of_theirs.files_gone_why == "erasure"
    assert holding.erase([number("u1")], NOW) == 0
