"""Scores, versions and cards as JSON: what the commands print and the API answers."""

from __future__ import annotations

from typing import Any

from cordiale.scores import queries, watching
from cordiale.scores.models import ScoreVersion
from cordiale.scores.queries import IN_FORCE, REFUSED, Standing

SUPERSEDED = "superseded"


def score(standing: Standing) -> dict[str, Any]:
    """How one score stands."""
    one, attempt = standing.score, standing.attempt
    return {
        "name": one.name, "kind": one.kind, "title": dict(one.title), "description": dict(one.description),
        "owner": one.owner, "columns": dict(one.columns), "state": standing.state,
        "version": version(standing.version) if standing.version else None,
        "refusals": list(attempt.refusals) if attempt and standing.version is None else [],
        "attempted_at": attempt.fitted_at if attempt else None,
        "next_fit_at": standing.next_fit_at, "is_changed": standing.is_changed,
        "is_fitting": standing.job is not None, "missing": standing.missing,
    }  # fmt: skip


def version(one: ScoreVersion) -> dict[str, Any]:
    """One version without its card."""
    return {
        "score": one.score, "number": one.number, "state": state(one), "fitted_at": one.fitted_at, "as_of": one.as_of,
        "horizon": one.horizon, "method": one.method, "library": one.library, "digest": one.digest,
        "seconds": one.seconds, "actor": one.actor, "refusals": list(one.refusals),
    }  # fmt: skip


def card(name: str, number: int | None = None) -> dict[str, Any]:
    """A score's model card: of the version in force, the last one tried, or the one asked for. Raises NotFound."""
    standing = queries.standing(name)
    chosen = queries.get_version(name, number) if number is not None else standing.version or standing.attempt
    watch = queries.watches_of(chosen).first() if chosen else None
    return score(standing) | {
        "version": version(chosen) if chosen else None,
        "card": {key: value for key, value in chosen.card.items() if key != "reference"} if chosen else {},
        "drift": {"day": watch.day, "features": watch.drift, "worst": watch.worst, "threshold": watching.THRESHOLD}
        if watch
        else None,
    }


def state(one: ScoreVersion) -> str:
    """In force, superseded, or refused by the gate."""
    if not one.is_usable:
        return REFUSED
    return IN_FORCE if one.terms.filter(until__isnull=True).exists() else SUPERSEDED
