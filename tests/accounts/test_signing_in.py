"""Signing in by password and by link, signing out, guessing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from cordiale import clock
from cordiale.accounts import actions
from cordiale.accounts.models import AuditEntry, SignInLink, Staff
from cordiale.errors import CordialeError, NotFound, Refused

pytestmark = pytest.mark.django_db
PASSWORD = "fig-and-apricot-2026"


@pytest.fixture
def anne(now: datetime) -> Staff:
    staff = Staff(email="anne@example.org", name="Anne Roux", role="marketer", language="en", created_at=now)
    staff.set_password(PASSWORD)
    staff.save()
    return staff


def sign_in(client: Client, password: str, **extra: str):  # type: ignore[no-untyped-def]
    return client.post("/sign-in/", {"email": "Anne@example.org", "password": password, **extra})


def test_pages_ask_for_signing_in_and_come_back_to_where_one_wanted_to_go(client: Client, anne: Staff) -> None:
    answer = client.get("/profile/")
    assert answer.url == "/sign-in/?next=/profile/"
    assert sign_in(client, PASSWORD, next="/profile/").url == "/profile/"
    assert client.get("/profile/").status_code == 200


def test_signing_in_never_leads_to_another_site(client: Client, anne: Staff) -> None:
    assert sign_in(client, PASSWORD, next="https://evil.example/").url == "/"


def test_signing_in_gives_the_session_a_new_key(client: Client, anne: Staff) -> None:
    client.session["seen"] = True
    session = client.session
    session.save()
    before = session.session_key
    sign_in(client, PASSWORD)
    assert client.session.session_key != before


def test_a_wrong_password_says_so_beside_the_form_and_keeps_the_email(client: Client, anne: Staff) -> None:
    answer = sign_in(client, "wrong")
    assert answer.status_code == 422
    assert "Anne@example.org" in answer.content.decode()


def test_after_five_failures_even_the_right_password_waits(client: Client, anne: Staff) -> None:
    for _ in range(actions.GUESSES):
        sign_in(client, "wrong")
    answer = sign_in(client, PASSWORD)
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_guessing_over_many_emails_from_one_address_is_slowed_too(client: Client, anne: Staff) -> None:
    for number in range(actions.GUESSES):
        client.post("/sign-in/", {"email": f"x{number}@example.org", "password": "wrong"})
    assert sign_in(client, PASSWORD).status_code == 429


def test_failures_are_forgotten_after_a_quarter_of_an_hour(now: datetime) -> None:
    for _ in range(actions.GUESSES):
        actions.record_failure(["email:a@example.org"], now)
    with pytest.raises(Refused):
        actions.refuse_guessing(["email:a@example.org"], now + timedelta(minutes=14))
    actions.refuse_guessing(["email:a@example.org"], now + timedelta(minutes=16))


def test_opening_a_link_does_not_use_it_up_but_the_button_does(client: Client) -> None:
    link = actions.invite("lea@example.org", "Léa", "analyst", clock.now())
    for _ in range(2):
        assert client.get(link).status_code == 200
    assert client.post(link).url == "/"
    assert client.get("/profile/").status_code == 200
    assert Client().post(link).status_code == 404


def test_a_link_expires_after_a_day(now: datetime) -> None:
    token = actions.invite("lea@example.org", "Léa", "analyst", now).rstrip("/").rsplit("/", 1)[1]
    with pytest.raises(NotFound):
        actions.use_link(token, now + actions.LINK_LIVES)


def test_only_the_hash_of_a_link_is_kept(now: datetime) -> None:
    token = actions.invite("lea@example.org", "Léa", "analyst", now).rstrip("/").rsplit("/", 1)[1]
    assert token not in str(SignInLink.objects.values().get())


def test_inviting_someone_twice_keeps_one_account_and_its_role(now: datetime) -> None:
    actions.invite("lea@example.org", "Léa", "analyst", now)
    actions.invite("Lea@example.org", "Other", "administrator", now)
    staff = Staff.objects.get()
    assert (staff.role, staff.name) == ("analyst", "Léa")
    assert AuditEntry.objects.filter(verb="invite").count() == 1


@pytest.mark.parametrize(("email", "role"), [("not an email", "agent"), ("a@example.org", "king")])
def test_inviting_refuses_what_is_no_email_or_role(email: str, role: str, now: datetime) -> None:
    with pytest.raises(CordialeError):
        actions.invite(email, "A", role, now)


def test_who_was_deactivated_gets_no_link(anne: Staff, now: datetime) -> None:
    Staff.objects.update(is_active=False)
    with pytest.raises(Refused):
        actions.invite(anne.email, anne.name, anne.role, now)


def test_signing_out_takes_a_post_and_ends_the_session(client: Client, anne: Staff) -> None:
    client.force_login(anne)
    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")
    assert client.get("/profile/").status_code == 302


def test_the_language_switch_stays_on_the_page_and_is_kept_on_the_profile(client: Client, anne: Staff) -> None:
    client.force_login(anne)
    assert client.post("/language/", {"language": "fr", "next": "/profile/?a=1"}).url == "/profile/?a=1"
    assert Staff.objects.get().language == "fr"
    assert client.get("/profile/")["Content-Language"] == "fr"


def test_before_signing_in_the_language_is_kept_in_a_cookie(client: Client) -> None:
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert client.get("/sign-in/", headers={"Accept-Language": "fr"})["Content-Language"] == "en"


def test_changing_the_password_asks_for_the_present_one_and_ends_other_sessions(client: Client, anne: Staff) -> None:
    other = Client()
    client.force_login(anne)
    other.force_login(anne)
    change = {"form": "password", "present": "wrong", "new": "another-long-word-7"}
    assert client.post("/profile/", change).status_code == 422
    assert client.post("/profile/", change | {"present": PASSWORD}).status_code == 302
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_a_short_password_is_refused(client: Client, anne: Staff) -> None:
    client.force_login(anne)
    answer = client.post("/profile/", {"form": "password", "present": PASSWORD, "new": "short"})
    assert answer.status_code == 422
    assert Staff.objects.get().check_password(PASSWORD)


def test_an_htmx_request_without_a_session_is_told_to_leave_for_sign_in(client: Client) -> None:
    answer = client.get("/profile/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in/")
