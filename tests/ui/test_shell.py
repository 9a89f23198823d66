"""What stands around every page: navigation, banner, notices, error pages."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import resolve

from cordiale.accounts.models import Staff
from cordiale.home import Home
from cordiale.ui import context, first_day, navigation, panels

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(now: datetime) -> Staff:
    return Staff.objects.create(email="a@example.org", name="Ana", role="administrator", language="en", created_at=now)


@pytest.fixture
def signed_in(client: Client, staff: Staff) -> Client:
    client.force_login(staff)
    return client


@pytest.mark.parametrize("item", navigation.ITEMS, ids=lambda item: item.path)
def test_every_entry_of_the_rail_leads_to_a_page(item: navigation.Item) -> None:
    assert resolve(item.path)


def test_the_rail_marks_where_one_is_and_hides_what_the_role_may_not_open(staff: Staff) -> None:
    staff.role = "agent"
    entries = navigation.entries("/customers/12/", staff)
    assert [one["path"] for one in entries if one["is_current"]] == ["/customers/"]
    assert "/programmes/" not in [one["path"] for one in entries]


def test_a_demonstration_says_so_on_every_page(client: Client, fresh_home: Home) -> None:
    (fresh_home.run / "demo.json").write_text(
        json.dumps({"ends_at": "2026-11-15T10:00:00+01:00", "data": {"en": "Data: X"}})
    )
    page = client.get("/sign-in/", headers={"Accept-Language": "en"}).content.decode()
    assert "the clock stands at 15 Nov 2026, 10:00" in page
    assert "Data: X" in page


@pytest.mark.parametrize("text", ["", "{", '{"ends_at": "2026-01-01T00:00:00"}', "{}"])
def test_a_half_written_demo_file_breaks_no_page(text: str, fresh_home: Home) -> None:
    (fresh_home.run / "demo.json").write_text(text)
    assert context.find_demonstration() is None


def test_a_broken_company_file_breaks_no_page(client: Client, fresh_home: Home) -> None:
    (fresh_home.company / "company.yaml").write_text("name: [")
    assert client.get("/sign-in/").status_code == 200


def test_a_notice_shows_once(signed_in: Client) -> None:
    signed_in.post("/profile/", {"form": "about", "name": "Ana B", "language": "en"})
    assert "Your profile is saved." in signed_in.get("/profile/").content.decode()
    assert "Your profile is saved." not in signed_in.get("/profile/").content.decode()


def test_an_unknown_address_is_a_page_of_ours_for_everyone(client: Client, staff: Staff) -> None:
    assert "There is nothing here" in client.get("/nowhere/", headers={"Accept-Language": "en"}).content.decode()
    client.force_login(staff)
    page = client.get("/nowhere/").content.decode()
    assert "There is nothing here" in page
    assert 'class="rail"' in page


def test_the_page_for_our_own_errors_asks_neither_database_nor_request(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        page = render_to_string("500.html")
    assert "<h1>" in page
    assert "Maison" not in page


def test_the_first_day_list_ticks_itself_and_goes_when_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(first_day, "_steps", {})
    first_day.register(first_day.Step("a", 1, "Load", "/a/", lambda: True))
    first_day.register(first_day.Step("b", 2, "Send", "/b/", lambda: bool(done)))
    request = RequestFactory().get("/")
    content = first_day.panel(request, None)
    assert content is not None
    assert [line["is_done"] for line in content.context["lines"]] == [True, False]
    done.append(1)
    assert first_day.panel(request, None) is None


def test_panels_stand_in_their_order_and_empty_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", {})
    show = lambda text: lambda request, subject: panels.Content("ui/_error.html", {"message": text})  # noqa: E731
    panels.register("p", panels.Panel("late", 2, "main", show("second")))
    panels.register("p", panels.Panel("early", 1, "main", show("first")))
    panels.register("p", panels.Panel("none", 0, "main", lambda request, subject: None))
    rendered = panels.render("p", RequestFactory().get("/"), None, column="main")
    assert [name for name, _ in rendered] == ["early", "late"]
    assert "first" in rendered[0][1]
