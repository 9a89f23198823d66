"""The page behind the unsubscribe link: one click is enough, looking changes nothing, coming back is possible."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from cordiale.consent import links, queries, signals
from cordiale.consent.links import Reference
from cordiale.consent.models import ConsentProof
from cordiale.customers.models import Customer


@pytest.fixture
def anyone() -> Client:
    """A stranger's program: it checks nothing for us and has no cookie."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def address(ada: Customer) -> str:
    return f"/c/{links.sign(Reference(ada.pk, 'offers', 'email', 7))}/"


def is_written_to(customer: Customer) -> bool:
    return bool(queries.may_contact([customer.pk], "offers", "email"))


def test_one_click_unsubscribes_as_rfc_8058_says(anyone: Client, ada: Customer, address: str) -> None:
    answer = anyone.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content, len(answer.cookies)) == (200, b"", 0)
    assert not is_written_to(ada)
    assert queries.state(ada.pk)["offers", "email"].proof.source == "one-click"


def test_one_click_twice_writes_one_line(anyone: Client, ada: Customer, address: str) -> None:
    for _ in range(3):
        anyone.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert ConsentProof.objects.filter(state="withdrawn").count() == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(anyone: Client, ada: Customer, address: str, method: str) -> None:
    answer = getattr(anyone, method)(f"{address}?List-Unsubscribe=One-Click&do=stop-all")
    assert answer.status_code == 200
    assert is_written_to(ada)
    assert ConsentProof.objects.count() == 1


def test_the_page_speaks_the_customers_language_and_masks_the_address(
    anyone: Client, ada: Customer, address: str
) -> None:
    page = anyone.get(address, headers={"Accept-Language": "fr"})
    text = page.content.decode()
    assert "Stop receiving “Offers and promotions”" in text
    assert "A•••@example.org" in text
    assert "Lovelace" not in text
    assert "Ada" not in text
    assert page["Content-Language"] == "en"
    assert 'lang="fr"' in anyone.get(f"{address}?language=fr").content.decode()


def test_stopping_everything_closes_every_channel_and_can_be_undone(
    anyone: Client, ada: Customer, address: str, now: datetime
) -> None:
    page = anyone.post(address, {"do": "stop-all"})
    assert queries.opposed("email", [ada.email]) == {ada.email}
    assert not queries.may_contact([ada.pk], "service", "email")
    assert 'name="again" value="offers:email"' in page.content.decode()
    anyone.post(address, {"do": "undo", "again": ["offers:email", "nonsense:email"]})
    assert is_written_to(ada)


def test_each_purpose_and_channel_is_chosen_on_its_own(anyone: Client, ada: Customer, address: str) -> None:
    anyone.post(address, {"do": "save", "allow": ["news:sms", "service:email"]})
    allowed = {one.key for one in queries.choices(ada) if one.is_allowed}
    assert allowed == {"news:sms", "service:email"}
    assert queries.state(ada.pk)["news", "sms"].proof.wording.startswith("I agree to receive news")


def test_a_forged_or_cut_link_is_not_found(anyone: Client, ada: Customer, address: str) -> None:
    for broken in (address[:-4] + "/", "/c/x/", f"/c/{'A' * 60}/", f"/c/{'A' * 500}/", "/c/é/"):
        answer = anyone.post(broken, {"List-Unsubscribe": "One-Click"})
        assert (broken, answer.status_code) == (broken, 404)
    assert is_written_to(ada)


def test_a_link_serves_its_own_customer_only(anyone: Client, ada: Customer, now: datetime) -> None:
    bob = Customer.objects.create(reference="B", email="b@example.org", created_at=now, updated_at=now)
    anyone.post(f"/c/{links.sign(Reference(bob.pk, 'offers', 'email'))}/", {"do": "stop-all"})
    assert is_written_to(ada)


def test_an_oversized_form_is_refused(anyone: Client, ada: Customer, address: str) -> None:
    assert anyone.post(address, {"do": "save", "allow": "x" * 10_000}).status_code == 413


def test_the_message_that_made_somebody_leave_is_told(anyone: Client, address: str) -> None:
    told: list[int] = []

    def listen(message_id: int, **rest: object) -> None:
        told.append(message_id)

    signals.unsubscribed.connect(listen)
    anyone.post(address, {"do": "stop"})
    signals.unsubscribed.disconnect(listen)
    assert told == [7]


def test_signing_is_undone_by_reading() -> None:
    reference = Reference(2**40, "offers", "email", 2**50)
    assert links.read(links.sign(reference)) == reference
