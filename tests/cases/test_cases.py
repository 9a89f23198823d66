"""A case from its opening to its end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cordiale.accounts.models import AuditEntry, Staff
from cordiale.cases import actions, queries, rules
from cordiale.cases.actions import Changed
from cordiale.cases.models import Case, CaseFact, CaseNote
from cordiale.cases.rules import Opening
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound, Refused
from tests.cases.conftest import OpenCase

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_an_answer_stops_the_clock_and_the_customers_words_start_it_again(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.answer(case.pk, "On its way.", actor="paul", now=now + 2 * HOUR)
    waiting = Case.objects.get()
    assert (waiting.state, waiting.waiting_since, waiting.first_answer_at) == ("waiting", None, now + 2 * HOUR)
    actions.reply(case.pk, "Still nothing!", actor="paul", now=now + 3 * HOUR)
    again = Case.objects.get()
    assert (again.state, again.waiting_since, again.first_answer_at) == ("open", now + 3 * HOUR, now + 2 * HOUR)


def test_a_second_word_of_the_customer_does_not_shorten_his_wait(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.reply(case.pk, "Hello?", actor="paul", now=now + HOUR)
    assert Case.objects.get().waiting_since == now


def test_a_resolved_case_is_reopened_by_its_customer(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.resolve(case.pk, "Sent again.", actor="paul", now=now + HOUR)
    assert Case.objects.get().resolved_at == now + HOUR
    actions.reply(case.pk, "It is broken.", actor="paul", now=now + DAY)
    again = Case.objects.get()
    assert (again.state, again.resolved_at, again.waiting_since) == ("open", None, now + DAY)


def test_every_step_is_audited_and_leaves_its_fact(
    opened: OpenCase, agents: tuple[Staff, Staff], now: datetime
) -> None:
    case = opened()
    actions.assign(case.pk, agents[0], actor=agents[1], now=now + HOUR)
    actions.note(case.pk, "Called the carrier.", actor=agents[0], now=now + HOUR)
    actions.resolve(case.pk, "Found.", actor=agents[0], now=now + 2 * HOUR)
    actions.rate(case.pk, 4, "quick", actor=agents[0], now=now + DAY)
    verbs = list(AuditEntry.objects.filter(noun="case").order_by("id").values_list("verb", flat=True))
    assert verbs == ["open", "assign", "internal", "answer", "resolve", "rate"]
    facts = {one.name: one.properties for one in CaseFact.objects.all()}
    assert facts[rules.OPENED] == {"case": case.pk, "channel": "phone", "category": "delivery"}
    assert facts[rules.RATED] == facts[rules.OPENED] | {
        "hours_to_first_answer": 2.0, "hours_to_resolution": 2.0, "satisfaction": 4,
    }  # fmt: skip


def test_two_agents_at_once_the_second_is_told_and_nothing_is_lost(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.answer(case.pk, "From Paul.", actor="paul", now=now + HOUR, seen=case.revision)
    with pytest.raises(Changed, match="in the meantime"):
        actions.answer(case.pk, "From Zoé.", actor="zoe", now=now + HOUR, seen=case.revision)
    assert [one.text for one in CaseNote.objects.all()] == ["From Paul."]
    assert CaseFact.objects.filter(name=rules.ANSWERED).count() == 1


def test_times_of_a_case_never_go_back(opened: OpenCase, now: datetime) -> None:
    case = opened()
    with pytest.raises(Refused, match="cannot go back"):
        actions.answer(case.pk, "Yesterday.", actor="paul", now=now - DAY)
    assert not CaseNote.objects.exists()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"channel": "pigeon"}, "channel"), ({"category": "weather"}, "cases.yaml"), ({"subject": "  "}, "empty"),
        ({"priority": 0}, "priority"), ({"subject": "x" * 201}, "200"),
    ],
)  # fmt: skip
def test_a_bad_opening_says_what_to_write(opened: OpenCase, given: dict[str, object], word: str) -> None:
    with pytest.raises(CordialeError, match=word):
        opened(**given)
    assert not Case.objects.exists()


def test_a_case_needs_a_customer_who_is_there(anne: Customer, now: datetime) -> None:
    with pytest.raises(NotFound):
        actions.open_case(Opening(customer_id=0, channel="web", subject="?"), actor="test", now=now)


def test_what_is_over_is_not_answered_nor_ended_again(opened: OpenCase, now: datetime) -> None:
    case = opened()
    actions.resolve(case.pk, actor="paul", now=now)
    for act in (lambda: actions.answer(case.pk, "?", actor="p", now=now),
                lambda: actions.resolve(case.pk, actor="p", now=now)):  # fmt: skip
        with pytest.raises(Refused, match="resolved"):
            act()


def test_only_who_handles_cases_is_given_one(opened: OpenCase, now: datetime) -> None:
    analyst = Staff.objects.create(email="x@example.org", name="X", role="analyst", created_at=now)
    with pytest.raises(Refused, match="may not handle"):
        actions.assign(opened().pk, analyst, actor="test", now=now)


def test_who_waits_longest_comes_first_and_who_waits_for_the_customer_last(opened: OpenCase, now: datetime) -> None:
    recent, old, answered = opened(at=now - HOUR), opened(at=now - DAY), opened(at=now - 3 * DAY)
    actions.answer(answered.pk, "Your turn.", actor="paul", now=now - 2 * DAY)
    assert [one.pk for one in queries.inbox(queries.Filters())] == [old.pk, recent.pk, answered.pk]


def test_the_inbox_is_narrowed_by_tab_category_and_words(
    opened: OpenCase, agents: tuple[Staff, Staff], now: datetime
) -> None:
    mine, other = opened(handler=agents[0]), opened(category="invoice", subject="Wrong amount")
    actions.resolve(opened().pk, actor="test", now=now)

    def found(**asked: str) -> list[int]:
        return [one.pk for one in queries.inbox(queries.Filters(**asked), agents[0])]

    assert found(tab="mine") == [mine.pk]
    assert found(tab="unassigned") == [other.pk]
    assert found(category="invoice") == found(text="amount") == found(text=f"#{other.pk}") == [other.pk]
    assert found(text="roux") == [mine.pk, other.pk]
    assert queries.counts(agents[0]) == {"all": 2, "mine": 1, "unassigned": 1, "resolved": 1}


def test_figures_are_medians_of_the_last_thirty_days(opened: OpenCase, now: datetime) -> None:
    for hours in (1, 2, 30):
        case = opened(at=now - 3 * DAY)
        actions.resolve(case.pk, "Done.", actor="test", now=now - 3 * DAY + hours * HOUR)
        actions.rate(case.pk, 5 if hours < 30 else 2, actor="test", now=now - DAY)
    actions.resolve(opened(at=now - 90 * DAY).pk, "Long ago.", actor="test", now=now - 80 * DAY)
    opened()
    figures = queries.figures(now)
    assert (figures.open, figures.our_turn, figures.ratings) == (1, 1, 3)
    assert (figures.first_answer_hours, figures.resolution_hours, figures.satisfaction) == (2.0, 2.0, 4.0)
