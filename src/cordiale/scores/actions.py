"""Learning scores, and putting versions in force and back."""

from __future__ import annotations

import time
import zlib
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from cordiale import clock
from cordiale.accounts.actions import audit
from cordiale.accounts.models import Staff
from cordiale.errors import Refused
from cordiale.jobs import actions as jobs
from cordiale.jobs.alone import held
from cordiale.jobs.models import OPEN, Job
from cordiale.scores import artifacts, definitions, fitting, queries
from cordiale.scores.learnt import Learnt, Step, told
from cordiale.scores.models import ScoreVersion, Term
from cordiale.scores.queries import KIND
from cordiale.scores.rules.declarations import Score

FITTING = 0x436F7210
"""The first half of our advisory locks' keys."""


def fit(name: str, *, actor: Staff | str, now: datetime, step: Step = lambda: None) -> ScoreVersion:
    """Learn a score from the past, judge it, and put it in force unless its gate refuses.

    A score whose gate refuses keeps no version in force: it does not exist. Nothing is written before the end, and
    then all of it. Raises NotFound, and Refused where it is being learnt.
    """
    score, started = definitions.get_score(name), time.monotonic()
    with held(FITTING, zlib.crc32(name.encode())) as is_mine:
        if not is_mine:
            raise Refused(f"'{name}' is being learnt already; its page shows how far it got")
        learnt = fitting.learn(score, clock.require_aware(now), step)
        version = _keep(score, learnt, actor, now, time.monotonic() - started)
        artifacts.sweep(set(ScoreVersion.objects.exclude(artifact="").values_list("artifact", flat=True)))
    return version


def ask(name: str, *, actor: Staff | str, now: datetime) -> Job:
    """Ask for a score to be learnt in the background; the job that waits or runs already, where there is one."""
    score = definitions.get_score(name)
    open_job = Job.objects.filter(kind=KIND, state__in=OPEN, arguments__score=name).first()
    return open_job or jobs.enqueue(KIND, {"score": name}, score.title["en"], actor, now)


def ask_due(now: datetime) -> list[str]:
    """Ask for every score that is due: never learnt, refused, changed, or older than it may be; which."""
    due = [one.score.name for one in queries.standings() if is_due(one, now)]
    for name in due:
        ask(name, actor="scores", now=now)
    return due


def is_due(standing: queries.Standing, now: datetime) -> bool:
    """Refused ones are tried each day, for what was missing may have come; those that lost a trait do without it."""
    if standing.attempt is None or standing.is_changed or standing.version is None or standing.missing:
        return True
    return standing.attempt.fitted_at + timedelta(days=standing.score.refit) <= now


@transaction.atomic
def roll_back(name: str, number: int, *, actor: Staff | str, reason: str, now: datetime) -> ScoreVersion:
    """Put an earlier version in force again, until the next fit. Raises NotFound, Refused."""
    version = queries.get_version(name, number)
    if not version.is_usable:
        raise Refused(f"version {number} of '{name}' was refused by its gate; choose another")
    if queries.find_in_force(name) == version:
        raise Refused(f"version {number} of '{name}' is in force already")
    artifacts.read(version.artifact, version.digest)
    _put_in_force(version, actor, reason, now)
    audit("score", name, "roll back", actor, {"version": number, "reason": reason}, now)
    return version


@transaction.atomic
def _keep(score: Score, learnt: Learnt, actor: Staff | str, now: datetime, seconds: float) -> ScoreVersion:
    last = queries.list_versions(score.name).select_for_update().first()
    if learnt.refusals and last is not None and not last.is_usable:
        last.delete()  # a gate that refuses every night is told once, with the latest figures
    artifact, digest = artifacts.save(score.name, learnt.content) if learnt.content else ("", "")
    highest = queries.list_versions(score.name).aggregate(number=Max("number"))["number"] or 0
    version = ScoreVersion.objects.create(
        score=score.name, number=highest + 1, fitted_at=now, as_of=learnt.as_of, horizon=learnt.horizon,
        method=learnt.method, parameters=dict(learnt.parameters), card=told(learnt.card),
        refusals=list(learnt.refusals), declaration=definitions.fingerprint(score), artifact=artifact, digest=digest,
        library=fitting.library() if artifact else "", seconds=round(seconds, 3), actor=str(actor)[:120],
    )  # fmt: skip
    if version.is_usable:
        _put_in_force(version, actor, "", now)
    else:
        _end_term(score.name, now)
    audit("score", score.name, "fit", actor, {"version": version.number, "is_refused": not version.is_usable}, now)
    return version


def _put_in_force(version: ScoreVersion, actor: Staff | str, reason: str, now: datetime) -> None:
    _end_term(version.score, now)
    Term.objects.create(score=version.score, version=version, since=now, actor=str(actor)[:120], reason=reason[:200])


def _end_term(name: str, now: datetime) -> None:
    Term.objects.filter(score=name, until__isnull=True, since__gt=now).delete()
    Term.objects.filter(score=name, until__isnull=True).update(until=now)
