"""The plan, the law's parameters, quiet hours: pure rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale.decisions.rules import values
from cordiale.decisions.rules.hours import is_quiet, quiet_until
from cordiale.decisions.rules.law import parse_law
from cordiale.decisions.rules.plan import QuietHours, parse_plan
from cordiale.errors import CordialeError, Located

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(start=time(20), end=time(8))
PLAN = """\
pressure:
  - {id: email-week, channel: email, max: 2, per: 7 days}
quiet hours:
  email: {from: "20:00", to: "08:00"}
valid for: 3 days
"""


def read(text: str) -> None:
    parse_plan(text, "plan.yaml", ("offers",))


@pytest.mark.parametrize(
    ("wrong", "right", "place", "words"),
    [
        ("max: 2", "max: two", "plan.yaml:2:43", "whole number"),
        ("max: 2, ", "", "plan.yaml:2:5", "'max' is missing"),
        ("channel: email, max", "channel: mail, max", "plan.yaml:2:31", "did you mean 'email'?"),
        ("channel: email, max", "purpose: offer, max", "plan.yaml:2:31", "did you mean 'offers'?"),
        ("7 days", "a week", "plan.yaml:2:51", "not a duration"),
        ('to: "08:00"', 'to: "20:00"', "plan.yaml:4:31", "the same"),
        ("valid for", "valid  for", "plan.yaml:5:1", "did you mean 'valid for'?"),
        ("  email:", "\temail:", "plan.yaml:4:1", "spaces, not tabs"),
    ],
)
def test_a_wrong_plan_is_refused_at_its_place(wrong: str, right: str, place: str, words: str):
    with pytest.raises(Located) as refused:
        read(PLAN.replace(wrong, right))
    assert str(refused.value).startswith(place)
    assert words in str(refused.value)


def test_the_same_limit_twice_is_refused():
    line = "  - {id: email-week, max: 9, per: 7 days}\n"
    with pytest.raises(Located, match="written twice"):
        read(PLAN.replace("quiet hours", line + "quiet hours"))


LAW = """\
- {rule_id: OLD, parameter: prior_consent, channel: email, country: FR, valid_from: 1990-01-01,
   valid_to: 2004-06-21, value: opt-out, source: before}
- {rule_id: C1, parameter: prior_consent, channel: email, country: FR, valid_from: 2004-06-22,
   valid_to: , value: opt-in, source: CPCE}
- {rule_id: ANY, parameter: prior_consent, channel: email, country: "*", valid_from: 2000-01-01,
   valid_to: , value: opt-in, source: default}
"""


@pytest.mark.parametrize(
    ("country", "day", "rule"),
    [("FR", date(2004, 6, 21), "OLD"), ("FR", date(2004, 6, 22), "C1"), ("BE", date(2026, 1, 1), "ANY")],
)
def test_the_law_is_the_countrys_on_that_day(country: str, day: date, rule: str):
    found = parse_law(LAW, "law.yaml").find("prior_consent", channel="email", country=country, day=day)
    assert found is not None
    assert found.rule_id == rule


def test_a_wrong_line_of_law_is_refused_at_its_place():
    with pytest.raises(Located, match=r"law.yaml:4:.*2004-13-01"):
        parse_law(
            LAW.replace("2004-06-22", "2004-13-01").replace("valid_from: 2004", "\n   valid_from: 2004"), "law.yaml"
        )


def test_in_the_night_the_clocks_go_forward_the_wait_is_an_hour_shorter():
    evening = datetime(2026, 3, 28, 20, 30, tzinfo=PARIS)
    until = quiet_until(evening, PARIS, NIGHT)
    assert until == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert until - evening == timedelta(hours=10, minutes=30)


def test_in_the_night_the_clocks_go_back_the_wait_is_an_hour_longer():
    evening = datetime(2026, 10, 24, 20, 30, tzinfo=PARIS)
    until = quiet_until(evening, PARIS, NIGHT)
    assert until == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    assert until - evening == timedelta(hours=12, minutes=30)


def test_an_end_the_clock_skips_counts_as_the_instant_after_the_gap():
    hours = QuietHours(start=time(22), end=time(2, 30))
    until = quiet_until(datetime(2026, 3, 29, 0, 0, tzinfo=PARIS), PARIS, hours)
    assert until == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]),
    start=st.times(), end=st.times(),
)  # fmt: skip
def test_after_the_quiet_hours_it_is_not_quiet_and_between_it_always_is(now, zone, start, end):
    hours = QuietHours(start=start.replace(second=0, microsecond=0), end=end.replace(second=0, microsecond=0))
    if hours.start == hours.end:
        return
    until = quiet_until(now, ZoneInfo(zone), hours)
    if until is None:
        assert not is_quiet(now.astimezone(ZoneInfo(zone)).time(), hours)
        return
    assert now < until <= now + timedelta(hours=26)
    assert not is_quiet(until.astimezone(ZoneInfo(zone)).time(), hours)


@given(st.integers(1, 500), st.sampled_from(["minute", "hour", "day", "week"]))
def test_a_duration_written_out_reads_back(number: int, unit: str):
    length = values.duration(f"{number} {unit}s")
    assert values.duration(values.written(length)) == length


@pytest.mark.parametrize("text", ["7", "days", "-7 days", "0 days", "7 months", "99999 days", "1e3 days", "７ days"])
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(CordialeError):
        values.duration(text)
