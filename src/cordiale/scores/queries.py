"""Reading scores: what is in force, what was tried, and which version a snapshot's values come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from cordiale.errors import NotFound
from cordiale.insight import definitions as declared
from cordiale.insight import queries as insight
from cordiale.insight.rules.traits import RFM, STAGE
from cordiale.jobs.models import OPEN, Job
from cordiale.scores import definitions
from cordiale.scores.models import ScoreRun, ScoreVersion, Term, Watch
from cordiale.scores.rules.declarations import Score

KIND = "score"
"""The kind of the job that learns a score."""
IN_FORCE, REFUSED, NEVER = "in force", "refused", "never fitted"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a score stands. `attempt` is the last version tried, `job` the one under way or waiting."""

    score: Score
    version: ScoreVersion | None
    attempt: ScoreVersion | None
    job: Job | None

    @property
    def state(self) -> str:
        """In force, refused by the gate, or never fitted."""
        if self.version is not None:
            return IN_FORCE
        return REFUSED if self.attempt is not None else NEVER

    @property
    def next_fit_at(self) -> datetime | None:
        """When it is due to be learnt anew; None where it never was, and so is due at once."""
        return self.attempt.fitted_at + timedelta(days=self.score.refit) if self.version and self.attempt else None

    @property
    def is_changed(self) -> bool:
        """Was the declaration changed since it was learnt?"""
        return self.attempt is not None and self.attempt.declaration != definitions.fingerprint(self.score)

    @property
    def missing(self) -> list[str]:
        """Traits that the version in force reads and nobody declares any more: unknown until it is learnt anew."""
        read = self.version.parameters.get("features", ()) if self.version else ()
        return sorted(set(read) - inputs())


def inputs() -> frozenset[str]:
    """What a score can read of a customer today: the declared traits, the RFM scores, the stage."""
    return frozenset([*(trait.name for trait in declared.current().traits), *RFM, STAGE])


def standings() -> list[Standing]:
    """All declared scores. Raises Located where `scores.yaml` is wrong."""
    return [standing(score.name) for score in definitions.scores()]


def standing(name: str) -> Standing:
    """How one score stands. Raises NotFound."""
    return Standing(
        score=definitions.get_score(name),
        version=find_in_force(name),
        attempt=list_versions(name).first(),
        job=Job.objects.filter(kind=KIND, state__in=OPEN, arguments__score=name).first(),
    )


def find_in_force(name: str, at: datetime | None = None) -> ScoreVersion | None:
    """The version in force now, or that was at an instant; None where there was none."""
    terms = Term.objects.filter(score=name).select_related("version")
    if at is None:
        term = terms.filter(until__isnull=True).first()
    else:
        term = terms.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at).first()
    return term.version if term else None


def for_snapshot(name: str, as_of: datetime) -> tuple[ScoreVersion, bool] | None:
    """The version that gives a snapshot its values, and whether it is later than the snapshot's instant.

    The one in force then. A day before there was any gets the present one's: good to draw the past with, never to
    judge the score by, for it has seen what came after. None while the score does not exist.
    """
    if (found := find_in_force(name, as_of)) is not None:
        return found, False
    first = Term.objects.filter(score=name).order_by("since", "pk").first()
    if first is not None and first.since <= as_of:
        return None
    present = find_in_force(name)
    return (present, True) if present else None


def list_versions(name: str) -> QuerySet[ScoreVersion]:
    """Every version of a score, the newest first."""
    return ScoreVersion.objects.filter(score=name).order_by("-number")


def get_version(name: str, number: int) -> ScoreVersion:
    """One version of a declared score. Raises NotFound."""
    definitions.get_score(name)
    version = ScoreVersion.objects.filter(score=name, number=number).first()
    if version is None:
        raise NotFound(f"the score '{name}' has no version {number}")
    return version


def terms_of(name: str) -> QuerySet[Term]:
    """When which version was in force, the latest first."""
    return Term.objects.filter(score=name).select_related("version").order_by("-since", "-pk")


def runs_of(as_of: datetime) -> dict[str, ScoreRun]:
    """By score: which version the values of the snapshot made as of an instant come from."""
    return {run.score: run for run in ScoreRun.objects.filter(as_of=as_of).select_related("version")}


def watches_of(version: ScoreVersion) -> QuerySet[Watch]:
    """How far the customers of each day were from those it learnt from, the latest first."""
    return Watch.objects.filter(version=version).order_by("-day")


def values_of(customer_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """These customers' rows of the latest snapshot, which hold their scores."""
    return {row["customer_id"]: row for row in insight.traits_of(customer_ids).to_pylist()}
