"""Which scores learnt from a trait."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils.translation import override

from cordiale.scores.models import ScoreVersion, Term
from cordiale.scores.traits import using


@pytest.mark.django_db
def test_a_score_in_force_reads_the_traits_it_learnt_from(fresh_home: object, now: datetime) -> None:
    version = ScoreVersion.objects.create(
        score="lapse_risk", number=1, fitted_at=now, as_of=now, horizon=28, parameters={"features": ["recency_days"]},
        declaration="d", artifact="a", digest="d", seconds=1, actor="test",
    )  # fmt: skip
    assert using("recency_days") == []

    term = Term.objects.create(score="lapse_risk", version=version, since=now, actor="test")
    with override("en"):
        [one] = using("recency_days")
    assert (one.title, one.url) == ("the score Lapse risk", "/scores/lapse_risk/")
    assert one.without
    assert using("spend_90d") == []

    term.until = now
    term.save()
    assert using("recency_days") == []
