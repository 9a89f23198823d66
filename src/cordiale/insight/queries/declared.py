"""What the company declared: the versions of a trait, what it is computed from, and as what SQL."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlglot

from cordiale import clock
from cordiale.company import company
from cordiale.insight import definitions
from cordiale.insight.models import TraitVersion
from cordiale.insight.rules import compilation, traits
from cordiale.insight.rules.compilation import Moment
from cordiale.insight.rules.traits import Trait


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A version, and what it changed in the one before: lines that begin with `+`, `-` or a blank."""

    version: TraitVersion
    changes: list[str]


def history_of(name: str) -> list[TraitVersion]:
    """The versions of a trait declared on the page, the newest first; none for the others."""
    return list(TraitVersion.objects.filter(name=name).order_by("-version"))


def editions(versions: Sequence[TraitVersion]) -> list[Edition]:
    """Versions, the newest first, each with its changes."""
    older = [*(one.text for one in versions[1:]), ""][: len(versions)]
    return [
        Edition(version=one, changes=_changes(before, one.text)) for one, before in zip(versions, older, strict=True)
    ]


def text_of(name: str) -> str:
    """The YAML of a trait as it is in force, empty for one that another package computes."""
    for document in definitions.documents():
        for entry in traits.entries_of(document):
            if entry.name == name:
                return document.text if document.origin == traits.PAGE else traits.alone(entry)
    return ""


def sql_of(name: str, now: datetime) -> str:
    """The query that computes a trait, with all it is derived from, for an analyst to read."""
    wanted = traits.needed([name], definitions.current().traits)
    statement = compilation.statement(wanted, Moment(now, clock.zone(company().zone)))
    return sqlglot.parse_one(statement, read="duckdb").sql(dialect="duckdb", pretty=True)


def is_declared(trait: Trait) -> bool:
    """Is it computed from facts by its declaration, not by another package?"""
    return trait.aggregate is not None or trait.formula is not None


def _changes(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
