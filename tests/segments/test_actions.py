"""Saving, deleting and refreshing segments."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from cordiale.accounts.models import AuditEntry
from cordiale.customers.models import Customer
from cordiale.errors import CordialeError, NotFound, Refused
from cordiale.segments import actions, queries, uses
from cordiale.segments.models import Membership, Segment
from cordiale.segments.rules import BadExpression
from tests.segments.conftest import NOW

LATER = NOW + timedelta(hours=1)


def save(name: str, expression: str, **more: object) -> Segment:
    return actions.save_segment(name, expression, actor="test", now=NOW, **more)  # type: ignore[arg-type]


def inside(name: str) -> set[int]:
    stays = Membership.objects.filter(segment__name=name, left_at=None)
    return set(stays.values_list("customer_id", flat=True))


def test_members_come_in_at_the_refresh_and_nothing_moves_at_the_next(snapshot: dict[str, int]) -> None:
    save("lyon", "city ilike 'lyon'")
    assert actions.refresh(NOW)["lyon"] == actions.Moves(entered=2, left=0, size=2)
    assert actions.refresh(LATER)["lyon"] == actions.Moves(entered=0, left=0, size=2)
    assert set(Membership.objects.values_list("customer_id", "entered_at", "left_at")) == {
        (1, NOW, None),
        (5, NOW, None),
    }


def test_an_edit_moves_people_out_as_well_as_in(snapshot: dict[str, int]) -> None:
    save("place", "city = 'Lyon'")
    actions.refresh(NOW)
    save("place", "city = 'Paris'")
    assert inside("place") == {1}
    assert actions.refresh(LATER)["place"] == actions.Moves(entered=1, left=1, size=1)
    assert inside("place") == {2}
    assert Membership.objects.get(customer_id=1).left_at == LATER


def test_who_comes_back_has_a_second_stay(snapshot: dict[str, int]) -> None:
    save("lyon", "city = 'Lyon'")
    for hour, city in enumerate(["Lyon", "Nice", "Lyon"]):
        Customer.objects.filter(id=1).update(city=city)
        actions.refresh(NOW + timedelta(hours=hour))
    stays = Membership.objects.filter(customer_id=1).order_by("entered_at")
    assert [(stay.entered_at, stay.left_at) for stay in stays] == [(NOW, LATER), (NOW + timedelta(hours=2), None)]


def test_a_withdrawn_consent_counts_at_the_next_refresh(snapshot: dict[str, int]) -> None:
    from cordiale.consent.models import Consent

    save("reachable", "consent('offers', 'email')")
    actions.refresh(NOW)
    Consent.objects.filter(customer_id=1, channel="email").update(state="withdrawn")
    actions.refresh(LATER)
    assert inside("reachable") == {4}


def test_an_erased_customer_does_not_stop_a_refresh(snapshot: dict[str, int]) -> None:
    save("everyone", "true")
    Customer.objects.filter(id=5).delete()
    assert actions.refresh(NOW)["everyone"] == actions.Moves(entered=4, left=0, size=4)


def test_a_segment_may_name_another(snapshot: dict[str, int]) -> None:
    save("lyon", "city = 'Lyon'")
    save("elsewhere", "not in_segment('lyon') and city is not null")
    save("both", "in_segment('lyon') or in_segment('elsewhere')")
    assert {name: moves.size for name, moves in actions.refresh(NOW).items()} == {"lyon": 1, "elsewhere": 3, "both": 4}


def test_a_circle_is_refused_where_it_closes(snapshot: dict[str, int]) -> None:
    save("one", "city = 'Lyon'")
    save("two", "in_segment('one')")
    with pytest.raises(BadExpression, match="one → two → one") as refusal:
        save("one", "city = 'Lyon'\n or in_segment('two')")
    assert (refusal.value.line, refusal.value.column) == (2, 5)
    with pytest.raises(BadExpression, match="alone → alone"):
        save("alone", "in_segment('alone')")
    assert Segment.objects.get(name="one").expression == "city = 'Lyon'"


def test_a_chain_of_segments_has_an_end(snapshot: dict[str, int]) -> None:
    save("s0", "true")
    for number in range(1, 11):
        save(f"s{number}", f"in_segment('s{number - 1}')")
    with pytest.raises(BadExpression, match="more than 10 deep"):
        save("s11", "in_segment('s10')")


def test_a_chain_is_not_lengthened_from_its_other_end_either(snapshot: dict[str, int]) -> None:
    for chain, many in (("s", 8), ("t", 4)):
        save(f"{chain}0", "true")
        for number in range(1, many):
            save(f"{chain}{number}", f"in_segment('{chain}{number - 1}')")
    with pytest.raises(BadExpression, match="more than 10 deep") as refusal:
        save("s0", "in_segment('t0') or in_segment('t3')")
    assert refusal.value.column == 21
    save("s0", "in_segment('t2')")
    assert actions.refresh(NOW)["s7"].size == 5


def test_a_segment_that_cannot_be_evaluated_keeps_its_members_and_stops_no_other(snapshot: dict[str, int]) -> None:
    save("good", "city = 'Lyon'")
    save("bad", "city = 'Lyon'")
    save("names-bad", "in_segment('bad')")
    actions.refresh(NOW)
    Segment.objects.filter(name="bad").update(expression="no_such_trait > 3")
    assert set(actions.refresh(LATER)) == {"good"}
    assert inside("bad") == inside("names-bad") == {1}
    assert "no_such_trait" in Segment.objects.get(name="bad").problem
    assert "in_segment('bad')" in Segment.objects.get(name="names-bad").problem


def test_each_text_is_kept_with_who_wrote_it(db: None, fresh_home: object) -> None:
    save("lyon", "city = 'Lyon'", title={"fr": "Lyonnais", "en": "People of Lyon"})
    save("lyon", "city ilike 'lyon'")
    save("lyon", "city ilike 'lyon'")
    segment = Segment.objects.get(name="lyon")
    assert [(one.number, one.expression, one.actor) for one in segment.revisions.order_by("number")] == [
        (1, "city = 'Lyon'", "test"), (2, "city ilike 'lyon'", "test")]  # fmt: skip
    assert segment.title == {"fr": "Lyonnais", "en": "People of Lyon"}
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == ["create", "change"]


@pytest.mark.parametrize("name", ["", "Big", "big spenders", "-a", "a_b", "x" * 81, "../a", "é", "new", "preview"])
def test_a_name_is_small_letters_digits_and_hyphens(db: None, fresh_home: object, name: str) -> None:
    with pytest.raises(CordialeError, match="cannot name a segment"):
        save(name, "true")


def test_a_refused_expression_changes_nothing(db: None, fresh_home: object) -> None:
    save("lyon", "city = 'Lyon'")
    with pytest.raises(BadExpression):
        save("lyon", "city = 3")
    assert (Segment.objects.get().expression, Segment.objects.get().revision) == ("city = 'Lyon'", 1)


def test_a_segment_in_use_is_not_deleted(db: None, fresh_home: object) -> None:
    save("one", "true")
    save("two", "in_segment('one')")
    with pytest.raises(Refused, match="used by two"):
        actions.delete_segment("one", actor="test", now=NOW)
    uses.register("tests", lambda name: [uses.Use(title="programme welcome")] if name == "two" else [])
    try:
        with pytest.raises(Refused, match="programme welcome"):
            actions.delete_segment("two", actor="test", now=NOW)
    finally:
        uses.register("tests", lambda name: [])
    actions.delete_segment("two", actor="test", now=NOW)
    actions.delete_segment("one", actor="test", now=NOW)
    assert not Segment.objects.exists()
    with pytest.raises(NotFound):
        actions.delete_segment("one", actor="test", now=NOW)


def test_a_refresh_of_the_past_leaves_later_stays_alone(snapshot: dict[str, int]) -> None:
    save("lyon", "city = 'Lyon'")
    actions.refresh(LATER)
    Customer.objects.filter(id=1).update(city="Nice")
    assert actions.refresh(NOW) == {}
    assert inside("lyon") == {1}


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_at_once_open_each_stay_once(snapshot: dict[str, int]) -> None:
    for number in range(6):
        save(f"s{number}", f"orders_total >= {number}")
    problems: list[BaseException] = []

    def run() -> None:
        try:
            actions.refresh(NOW)
        except BaseException as error:  # noqa: BLE001 - told below
            problems.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not problems
    assert [len(inside(f"s{number}")) for number in range(6)] == [5, 4, 2, 1, 0, 0]
    assert Membership.objects.count() == 12


def test_a_hundred_at_once_are_the_same_as_one_by_one(snapshot: dict[str, int]) -> None:
    texts = [
        f"orders_total >= {n % 4} and spend(last => '{30 + n} days') > {n} or city ilike '%{'lyon'[n % 4]}%'"
        for n in range(100)
    ]
    for number, text in enumerate(texts):
        save(f"s{number}", text)
    actions.refresh(NOW)
    for number in (0, 1, 17, 50, 99):
        assert inside(f"s{number}") == set(queries.members(f"s{number}", NOW).customer_ids)
        assert Segment.objects.get(name=f"s{number}").size == queries.count(texts[number], NOW).matching


def test_diamonds_ten_deep_are_evaluated_once_each(snapshot: dict[str, int]) -> None:
    """Written out, the last layer would read the first eight to the power of ten times."""
    for layer in range(10):
        below = [f"(in_segment('d{layer - 1}-{one}') or not in_segment('d{layer - 1}-{one}'))" for one in range(4)]
        for one in range(4):
            save(f"d{layer}-{one}", " and ".join(below) if layer else f"orders_total >= {one}")
    top = " and ".join(f"in_segment('d9-{one}')" for one in range(4))
    assert queries.count(top, NOW).matching == 5
    assert [moves.size for moves in actions.refresh(NOW).values()] == [5, 4, 2, 1] + [5] * 36
