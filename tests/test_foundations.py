"""Clock, numbers and the home: what everything else stands on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordiale import clock, documents, home, ids, locks
from cordiale.clock import NaiveInstant
from cordiale.company import company
from cordiale.errors import CordialeError, Located, Unavailable
from cordiale.home import Home


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NaiveInstant, match="add an offset"):
        clock.require_aware(datetime(2026, 1, 1))  # noqa: DTZ001 - what must be refused


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22T09:00:00"])
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CordialeError, match=r"\+01:00"):
        clock.parse_instant(text)


def test_an_unknown_zone_is_never_silent() -> None:
    with pytest.raises(CordialeError, match="IANA"):
        clock.zone("Europe/Pariss")


def test_the_local_day_follows_the_zone() -> None:
    late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    assert clock.local_day(late, "Europe/Paris") == date(2026, 11, 16)
    assert clock.local_day(late, "America/Martinique") == date(2026, 11, 15)


@given(st.integers(0, 2**62), st.integers(0, 15))
def test_buckets_split_when_they_double(customer_id: int, power: int) -> None:
    bucket = ids.bucket_of(customer_id, 2**power)
    assert 0 <= bucket < 2**power
    assert ids.bucket_of(customer_id, 2 ** min(power + 1, 15)) % 2**power == bucket


def test_neighbouring_customers_spread_over_buckets() -> None:
    counts = [0] * 64
    for customer_id in range(64_000):
        counts[ids.bucket_of(customer_id, 64)] += 1
    assert max(counts) < 1.1 * min(counts)


def test_two_salts_draw_independent_groups() -> None:
    both = sum(ids.share_of("a", n) < 0.5 and ids.share_of("b", n) < 0.5 for n in range(20_000))
    assert abs(both / 20_000 - 0.25) < 0.015


def test_two_processes_that_need_a_secret_at_once_get_the_same(tmp_path: Path) -> None:
    place = Home(tmp_path)
    with ThreadPool(8) as pool:
        assert len(set(pool.map(place.secret, ["key"] * 40))) == 1
    assert (tmp_path / "run" / "key").stat().st_mode & 0o077 == 0


def test_a_bucket_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORDIALE_HOME", "s3://company/cordiale")
    with pytest.raises(CordialeError, match="no folder"):
        home.current()


def test_a_wrong_company_file_is_refused_at_its_place(fresh_home: Home) -> None:
    path = fresh_home.company / "company.yaml"
    assert company().zone == "Europe/Paris"
    path.write_text(path.read_text().replace("currency:", "curency:"))
    with pytest.raises(Located, match=r"company.yaml:1:1: 'currency' is missing"):
        company()
    path.write_text(path.read_text() + "currency: EUR\n")
    with pytest.raises(Located, match=r"company.yaml:3:1: 'curency' is not known"):
        company()


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"name: [a\nzone: b", "2:5"), (b"name: \xe9t\xe9", "1:7"), (b"a: 1\nb: x\xff", "2:5"), (b"name: \x07", "1:1")],
)
def test_what_is_not_readable_yaml_is_an_error_at_its_place(content: bytes, place: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(Located, match=f"^x.yaml:{place}: "):
        documents.load_file(tmp_path / "x.yaml")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CordialeError, match=r"cannot read x\.yaml"):
        documents.load_file(tmp_path / "x.yaml")


def test_a_lock_that_is_held_is_waited_for_so_long_and_no_longer(tmp_path: Path) -> None:
    with (
        locks.exclusive(tmp_path / "a", patience=1, doing="nothing"),
        pytest.raises(Unavailable, match="has been baking"),
        locks.exclusive(tmp_path / "a", patience=0.05, doing="baking"),
    ):
        pytest.fail("two hold one lock")
