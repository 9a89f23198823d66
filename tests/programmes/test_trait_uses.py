"""Where programmes ask for a trait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import override

from cordiale.programmes import actions, engine
from cordiale.programmes.models import Programme, Status
from cordiale.programmes.traits import using

from .conftest import WIN_BACK, Cast

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = WIN_BACK.replace("orders(since => entry) > 0", "orders(since => entry) > 0 or spend_90d > 10")


def titles(trait: str) -> list[str]:
    with override("en"):
        return [one.title for one in using(trait)]


def test_a_programme_uses_the_traits_of_its_conditions(cast: Cast) -> None:
    cast.apply(ASKS)

    assert titles("spend_90d") == ["the programme Win back"]
    assert titles("spend_30d") == []
    assert [one.url for one in using("spend_90d")] == ["/programmes/win-back/"]

    Programme.objects.update(status=Status.ENDED)
    assert titles("spend_90d") == []


def test_an_earlier_version_counts_while_somebody_is_inside(cast: Cast) -> None:
    cast.apply(ASKS)
    who = cast.customer(dormant=False)
    cast.move(who, "Dormont", cast.now)
    engine.tick(cast.now + timedelta(hours=1))
    actions.apply([cast.write(WIN_BACK)], actor="test", now=cast.now + timedelta(hours=2))

    assert who.enrolments.count() == 1
    assert titles("spend_90d") == ["the programme Win back"]

    who.enrolments.update(exited_at=cast.now + timedelta(hours=3))
    assert titles("spend_90d") == []
