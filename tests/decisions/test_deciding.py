"""Each proposal gets the first reason that stands against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cordiale.consent import actions as consent
from cordiale.decisions import actions, queries
from cordiale.decisions.models import Contact, Decision, Proposal
from cordiale.decisions.rules.plan import Limit
from cordiale.deliveries.models import Message

from .conftest import Cast

Answer = Callable[[Proposal], tuple[str, str]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_an_allowed_proposal_plans_one_message_and_counts_as_a_contact(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    proposal = cast.propose(customer, now)
    assert actions.decide(now).of("sent") == 1
    assert answer(proposal) == ("sent", "allowed")
    assert Message.objects.get(proposal_id=proposal.pk).customer == customer
    assert Contact.objects.get(proposal=proposal).is_ghost is False
    values = Decision.objects.get(proposal=proposal).values
    assert values["local_time"] == "10:00"
    assert [one["rule"] for one in values["pressure"]] == [
        "pressure.email-week", "pressure.all-month", "pressure.rest-48h",
    ]  # fmt: skip


def test_deciding_again_at_the_same_instant_decides_nothing(cast: Cast, now: datetime):
    cast.propose(cast.customer(), now)
    actions.decide(now)
    assert actions.decide(now).by_rule == {}
    assert Message.objects.count() == 1


def test_proposing_again_adds_nothing(cast: Cast, now: datetime):
    proposal = cast.propose(cast.customer(), now)
    ask = actions.Ask(programme="win-back", step="0", channel="email", purpose="offers", template="hello", priority=0,
                      limits=(), now=now + DAY, expires_at=now + 2 * DAY)  # fmt: skip
    assert actions.propose(ask, [actions.Proposed(proposal.enrolment_id, proposal.customer_id, 1, False)]) == 0


def test_who_never_consented_is_refused_with_the_rule_of_law(cast: Cast, now: datetime, answer: Answer):
    proposal = cast.propose(cast.customer(consents=False), now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "consent")
    assert Decision.objects.get().values["law"].startswith("C1")
    assert not Message.objects.exists()


def test_who_unsubscribes_between_proposal_and_decision_is_not_sent_to(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    proposal = cast.propose(customer, now)
    cast.say(customer, "withdrawn", now + HOUR)
    actions.decide(now + 2 * HOUR)
    assert answer(proposal) == ("refused", "consent")
    assert Decision.objects.get().values["consent"] == "withdrawn"


def test_consent_to_another_purpose_is_no_consent(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer(consents=False)
    cast.say(customer, "granted", now - DAY, purpose="news")
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "consent")


def test_an_address_on_the_opposition_list_is_refused_however_it_is_written(cast: Cast, now: datetime, answer: Answer):
    proposal = cast.propose(cast.customer(email="Ada@Example.org"), now)
    consent.oppose("email", "ada@example.org", "complaint", now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "opposition")


def test_a_customer_without_an_address_is_refused(cast: Cast, now: datetime, answer: Answer):
    proposal = cast.propose(cast.customer(email=""), now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "no-address")


def test_a_proposal_past_its_time_is_refused_even_where_it_would_be_allowed(cast: Cast, now: datetime, answer: Answer):
    proposal = cast.propose(cast.customer(), now, within=DAY)
    actions.decide(now + DAY)
    assert answer(proposal) == ("refused", "expired")


def test_an_unknown_zone_is_refused_with_its_name_and_the_others_are_served(cast: Cast, now: datetime, answer: Answer):
    bad = cast.propose(cast.customer(timezone="Europe/Atlantis"), now)
    good = cast.propose(cast.customer(), now)
    actions.decide(now)
    assert answer(bad) == ("refused", "zone")
    assert "Europe/Atlantis" in queries.explain(bad.customer_id, now).proposals[0].decisions[0].words
    assert answer(good) == ("sent", "allowed")


def test_quiet_hours_are_those_of_the_customers_own_clock(cast: Cast, answer: Answer):
    morning = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    in_paris = cast.propose(cast.customer(), morning)
    in_montreal = cast.propose(cast.customer(timezone="America/Montreal"), morning)
    actions.decide(morning)
    assert answer(in_paris) == ("sent", "allowed")
    assert answer(in_montreal) == ("postponed", "quiet-hours")
    in_montreal.refresh_from_db()
    assert in_montreal.not_before == datetime(2026, 11, 16, 13, 0, tzinfo=UTC)


def test_a_postponed_proposal_goes_out_when_the_quiet_hours_end(cast: Cast, now: datetime, answer: Answer):
    night = now.replace(hour=22)
    proposal = cast.propose(cast.customer(), night)
    actions.decide(night)
    assert actions.decide(night + 8 * HOUR).by_rule == {}
    actions.decide(night + 9 * HOUR)
    assert answer(proposal) == ("sent", "allowed")
    assert Decision.objects.count() == 2


def test_quiet_hours_that_outlast_the_proposal_refuse_it(cast: Cast, now: datetime, answer: Answer):
    night = now.replace(hour=22)
    proposal = cast.propose(cast.customer(), night, within=9 * HOUR)
    actions.decide(night)
    assert answer(proposal) == ("refused", "quiet-hours")


def test_the_third_in_a_week_waits_until_the_first_is_a_week_old_to_the_second(
    cast: Cast, now: datetime, answer: Answer
):
    customer = cast.customer()
    first = now - 6 * DAY
    cast.contacted(customer, first, now - 3 * DAY)
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("postponed", "pressure.email-week")
    proposal.refresh_from_db()
    assert proposal.not_before == first + 7 * DAY
    assert actions.decide(first + 7 * DAY - timedelta(microseconds=1)).by_rule == {}
    actions.decide(first + 7 * DAY)
    assert answer(proposal) == ("sent", "allowed")


def test_a_contact_at_23_and_one_at_midnight_both_count(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    cast.contacted(customer, now.replace(hour=22) - DAY, now.replace(hour=23) - DAY)
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "pressure.email-week")


def test_what_frees_after_the_proposal_expires_is_refused_not_scheduled_weeks_later(
    cast: Cast, now: datetime, answer: Answer
):
    customer = cast.customer()
    cast.contacted(customer, now - DAY, now - 2 * DAY)
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "pressure.email-week")
    proposal.refresh_from_db()
    assert proposal.is_open is False


def test_pressure_counts_all_channels_and_programmes(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    cast.contacted(customer, *(now - days * DAY for days in (8, 9, 10, 11, 12, 13)), channel="letter")
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("refused", "pressure.all-month")


def test_two_proposals_in_one_decision_keep_the_limit_and_the_higher_priority_goes(
    cast: Cast, now: datetime, answer: Answer
):
    customer = cast.customer()
    low = cast.propose(customer, now, programme="win-back", priority=1)
    high = cast.propose(customer, now, programme="birthday", priority=50)
    actions.decide(now)
    assert answer(high) == ("sent", "allowed")
    assert answer(low) == ("postponed", "pressure.rest-48h")


def test_a_programmes_own_limit_narrows_the_plan(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    cast.contacted(customer, now - 5 * DAY)
    limit = Limit(id="once-a-week", channel="", purpose="", most=1, window=7 * DAY)
    proposal = cast.propose(customer, now, limits=(limit,))
    actions.decide(now)
    assert answer(proposal) == ("postponed", "own.once-a-week")


def test_a_control_customer_is_refused_last_and_leaves_a_ghost(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    proposal = cast.propose(customer, now, control=True)
    actions.decide(now)
    assert answer(proposal) == ("refused", "control")
    assert Contact.objects.get().is_ghost is True
    assert not Message.objects.exists()
    another = cast.propose(customer, now + HOUR, programme="welcome")
    actions.decide(now + HOUR)
    assert answer(another) == ("postponed", "pressure.rest-48h")


def test_a_control_customer_without_consent_is_refused_for_consent(cast: Cast, now: datetime, answer: Answer):
    proposal = cast.propose(cast.customer(consents=False), now, control=True)
    actions.decide(now)
    assert answer(proposal) == ("refused", "consent")
    assert not Contact.objects.exists()


def test_a_held_programme_keeps_its_proposals_open(cast: Cast, now: datetime):
    proposal = cast.propose(cast.customer(), now)
    assert actions.decide(now, held=["win-back"]).by_rule == {}
    proposal.refresh_from_db()
    assert proposal.is_open


def test_who_left_is_not_sent_what_was_postponed(cast: Cast, now: datetime, answer: Answer):
    night = now.replace(hour=22)
    proposal = cast.propose(cast.customer(), night)
    actions.decide(night)
    assert actions.withdraw_walks([proposal.enrolment_id], reason="goal", now=night + HOUR) == 1
    actions.decide(night + 10 * HOUR)
    assert answer(proposal) == ("refused", "left")
    assert not Message.objects.exists()


def test_past_contacts_are_loaded_once_however_often(cast: Cast, now: datetime):
    customer = cast.customer()
    row = {"customer_id": customer.pk, "ts": now, "channel": "letter", "purpose": "offers", "programme": "campaign 8"}
    stranger = row | {"customer_id": 999_999}
    assert actions.record_past_contacts([row, row, stranger], now=now) == 1
    assert actions.record_past_contacts([row], now=now) == 0


def test_a_contact_of_the_future_does_not_count_yet(cast: Cast, now: datetime, answer: Answer):
    customer = cast.customer()
    cast.contacted(customer, now + HOUR, now + 2 * HOUR)
    proposal = cast.propose(customer, now)
    actions.decide(now)
    assert answer(proposal) == ("sent", "allowed")
