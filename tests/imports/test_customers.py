"""Files of customers: what is written, refused, left alone, taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cordiale.consent import actions as consent
from cordiale.consent.models import Consent, ConsentProof
from cordiale.consent.rules import ConsentEntry
from cordiale.customers.models import Customer, Submission
from cordiale.errors import CordialeError, Refused
from cordiale.identity.models import Identity
from cordiale.imports import actions, engine, files
from cordiale.imports.models import Import
from cordiale.jobs import running
from tests.imports.conftest import NOW, PEOPLE, Give, golden, refused

pytestmark = pytest.mark.django_db(transaction=True)
BASIS = {"purpose": "offers", "channel": "email", "source": "till", "obtained": "2026-01-05", "wording": "Yes please"}


def undo(imported: Import) -> dict[str, int]:
    running.run(actions.undo(imported, "test", NOW + timedelta(days=1)))
    imported.refresh_from_db()
    return dict(imported.report)


def test_a_file_becomes_customers_and_says_what_it_refused(give: Give) -> None:
    imported = give(PEOPLE)
    assert imported.state == "done"
    assert imported.counts == {"new": 2, "refused": 1}
    one = Customer.objects.get(reference="u1")
    assert (one.first_name, one.last_name, one.phone, one.birth_on) == (
        "Anaïs", "Œuvrard", "+33612345678", date(1980, 12, 31),
    )  # fmt: skip
    assert "Email: 'chloe@example'" in refused(imported)
    assert "Né le: '30/02/1990'" in refused(imported)
    assert refused(imported).splitlines()[1].startswith("4,")


def test_windows_1252_keeps_its_letters(give: Give) -> None:
    give("Réf;Nom;Ville\nu1;Œuvré €;L’Haÿ\n".encode("cp1252"))
    assert golden()[0]["last_name"] == "Œuvré €"
    assert golden()[0]["city"] == "L’Haÿ"


def test_the_same_file_again_changes_nothing(give: Give) -> None:
    give(PEOPLE)
    before, said = golden(), Submission.objects.count()
    again = give(PEOPLE, now=NOW + timedelta(hours=1))
    assert golden() == before
    assert Submission.objects.count() == said
    assert again.counts == {"same": 2, "refused": 1}


def test_a_dry_run_tells_what_the_import_then_does_and_writes_nothing(give: Give) -> None:
    give("Réf;Nom\nu1;Old\nu2;Petit\n")
    content = "Réf;Nom;Email\nu1;New;a@example.org\nu2;Petit;\nu3;Neu;\nu3;Neu;\n;Nobody;\nu4;X;no-mail\n"
    imported = give(content, run=False)
    actions.make_ready(imported, NOW)
    before = golden()
    report = engine.check(imported, NOW)
    assert golden() == before
    assert report["counts"] == {"new": 1, "changed": 2, "same": 1, "refused": 2, "rows": 6}
    assert {(one["column"], one["rows"]) for one in report["wrong"]} == {("Réf", 1), ("Email", 1)}
    running.run(actions.begin(imported, "test", NOW))
    imported.refresh_from_db()
    assert imported.counts["new"] == 1
    assert imported.counts["refused"] == 2


def test_the_rule_of_a_field_decides_what_may_change(give: Give) -> None:
    give("Réf;Prénom;Nom;Ville\nu1;Ana;;Lyon\n")
    rules = {"columns": {"Réf": "reference", "Prénom": {"to": "first_name", "rule": "never"},
                         "Nom": {"to": "last_name", "rule": "fill"}, "Ville": "city"}}  # fmt: skip
    give("Réf;Prénom;Nom;Ville\nu1;Bea;Petit;Paris\nu2;Carl;Grand;Nice\n", mapping=rules, now=NOW + timedelta(hours=1))
    give("Réf;Prénom;Nom;Ville\nu1;Bea;Other;Paris\n", mapping=rules, now=NOW + timedelta(hours=2))
    one, two = golden()
    assert (one["first_name"], one["last_name"], one["city"]) == ("Ana", "Petit", "Paris")
    assert (two["first_name"], two["last_name"]) == ("Carl", "Grand")


def test_addresses_without_a_basis_are_refused(give: Give) -> None:
    with pytest.raises(Refused, match="on what basis"):
        give(PEOPLE, basis=None)


def test_days_that_could_be_months_are_asked_not_guessed(give: Give) -> None:
    content = "Réf;Né le\nu1;01/02/1980\n"
    with pytest.raises(Refused, match="day first or month first"):
        give(content)
    give(content, mapping={"dates": "month-first"})
    assert golden()[0]["birth_on"] == date(1980, 1, 2)


def test_a_basis_is_a_consent_with_its_proof(give: Give) -> None:
    imported = give(PEOPLE, basis=BASIS)
    assert Consent.objects.filter(purpose_id="offers", channel="email", state="granted").count() == 2
    proof = ConsentProof.objects.first()
    assert proof is not None
    assert (proof.source, proof.wording) == (f"{imported.source} till", "Yes please")
    assert imported.counts["consents"] == 2


def test_an_address_that_may_not_change_recognises_nobody_either(give: Give) -> None:
    give(PEOPLE)
    rules = {"columns": {"Réf": "reference", "Email": {"to": "email", "rule": "never"}, "Ville": "city"}}
    give("Réf;Email;Ville\nu1;other@example.org;Nice\nu9;new@example.org;Brest\n", mapping=rules)
    told = dict(Identity.objects.filter(kind="email").values_list("value", "customer_id"))
    ana, new = Customer.objects.get(reference="u1"), Customer.objects.get(reference="u9")
    assert (ana.email, ana.city, new.email) == ("anais@example.org", "Nice", "new@example.org")
    assert (told["anais@example.org"], told["new@example.org"]) == (ana.id, new.id)
    assert "other@example.org" not in told


def test_an_import_never_resubscribes_who_withdrew(give: Give) -> None:
    give(PEOPLE)
    customer = Customer.objects.get(reference="u1")
    said = ConsentEntry(
        customer_id=customer.pk, purpose="offers", channel="email", state="withdrawn", at=NOW, source="preference page"
    )
    consent.record([said], NOW)
    give(PEOPLE.replace("Lyon", "Nice"), basis=BASIS, now=NOW + timedelta(days=2))
    states = dict(Consent.objects.values_list("customer__reference", "state"))
    assert states == {"u1": "withdrawn", "u2": "granted"}


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        ({**BASIS, "purpose": "spam"}, "is not a purpose"),
        ({**BASIS, "wording": ""}, "lacks wording"),
        ({**BASIS, "obtained": "2027-01-01"}, "still to come"),
        ({**BASIS, "channel": "fax"}, "is not a channel"),
    ],
)
def test_a_basis_that_proves_nothing_is_refused(give: Give, basis: dict[str, str], words: str) -> None:
    with pytest.raises(CordialeError, match=words):
        give(PEOPLE, basis=basis)


def test_undo_gives_back_exactly_what_was(give: Give) -> None:
    give("Réf;Prénom;Ville;Email\nu1;Ana;Lyon;ana@example.org\n")
    before = golden()
    imported = give(PEOPLE, now=NOW + timedelta(hours=1))
    assert golden() != before
    assert undo(imported) == {"customers_changed": 1, "customers_removed": 1}
    assert golden() == before


def test_undo_keeps_whom_others_know_and_says_so(give: Give) -> None:
    imported = give(PEOPLE, basis=BASIS)
    report = undo(imported)
    assert report == {"consents_withdrawn": 2, "customers_changed": 2, "customers_kept": 2}
    assert not Consent.objects.filter(state="granted").exists()
    assert [one["email"] for one in golden()] == ["", ""]


def test_undo_ends_after_seven_days_and_so_do_the_files(give: Give) -> None:
    imported = give(PEOPLE)
    assert files.upload(imported.pk).is_file()
    assert actions.expire(NOW + timedelta(days=6)) == 0
    assert actions.expire(NOW + timedelta(days=8)) == 1
    assert not files.folder(imported.pk).exists()
    with pytest.raises(Refused):
        actions.undo(imported, "test", NOW + timedelta(days=8))


def test_refused_cells_are_no_formulas(give: Give) -> None:
    imported = give("Réf;Email\nu1;=cmd|'/c calc'!A1\n")
    assert "'=cmd" in refused(imported)


def test_an_import_goes_on_where_it_was_cancelled(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordiale.imports.cutting.ROWS", 2)
    rows = "Réf;Nom\n" + "".join(f"u{number};N{number}\n" for number in range(7))
    imported = give(rows, run=False)
    job = actions.begin(imported, "test", NOW)
    from cordiale.jobs.actions import cancel

    running.run(job, watch=lambda done, total: cancel(job, "test", NOW) and None if done == 2 else None)
    imported.refresh_from_db()
    assert (imported.state, imported.rows_done, Customer.objects.count()) == ("stopped", 2, 2)
    running.run(actions.resume(imported, "test", NOW))
    imported.refresh_from_db()
    assert (imported.state, imported.counts, Customer.objects.count()) == ("done", {"new": 7}, 7)
