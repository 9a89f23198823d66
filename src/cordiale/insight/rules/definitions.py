"""Traits and life cycle together, read from the texts that declare them: no home, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from cordiale.insight.rules import lifecycle, traits
from cordiale.insight.rules.lifecycle import Lifecycle
from cordiale.insight.rules.traits import Document, Trait

TRAITS, LIFECYCLE = "traits.yaml", "lifecycle.yaml"
TRAIT_OF, STAGE_OF = "trait:", "stage:"
_COMPILER = 2
"""Raised when the same definitions come to mean something else: snapshots of the day are then computed again."""


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """Declared traits and life cycle, and the fingerprint of the texts they come from."""

    traits: tuple[Trait, ...]
    lifecycle: Lifecycle
    fingerprint: str

    @property
    def by_name(self) -> Mapping[str, Trait]:
        """The traits by their names."""
        return {trait.name: trait for trait in self.traits}

    @property
    def meanings(self) -> Mapping[str, str]:
        """What makes the values of each trait (`trait:…`) and stage (`stage:…`), as short fingerprints.

        Words for readers are no part of it. A trait derived from a changed one is not told as changed itself.
        """
        declared = {
            f"{TRAIT_OF}{one.name}": _short(one.type, one.source, one.definition, one.condition, one.window, one.ago)
            for one in self.traits
        }
        stages = {
            f"{STAGE_OF}{rule.stage}": _short(place, rule.condition.sql("duckdb") if rule.condition else "")
            for place, rule in enumerate(self.lifecycle.rules)
        }
        return declared | stages

    @property
    def deciding(self) -> frozenset[str]:
        """The meanings that a customer's stage rests on: the stages' own, their traits', and the RFM scores'."""
        conditions = [rule.condition for rule in self.lifecycle.rules if rule.condition is not None]
        named = {column.name.lower() for one in conditions for column in one.find_all(exp.Column)}
        used = traits.needed([*(named & self.by_name.keys()), *traits.RFM_SOURCES], self.traits)
        stages = (f"{STAGE_OF}{rule.stage}" for rule in self.lifecycle.rules)
        return frozenset([*stages, *(f"{TRAIT_OF}{one.name}" for one in used)])


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def parse(traits_text: str, lifecycle_text: str) -> Definitions:
    """The definitions written in two YAML texts. Raises Located where one is wrong."""
    return assembled([Document(text=traits_text, source=TRAITS)], lifecycle_text)


def assembled(texts: Sequence[Document], lifecycle_text: str) -> Definitions:
    """The definitions that some texts declare together. Raises Located where one is wrong."""
    declared = tuple(traits.parse(texts))
    told = "\0".join([str(_COMPILER), *(one.text for one in texts), lifecycle_text])
    kinds = {trait.name: trait.type for trait in declared}
    stages = lifecycle.parse(lifecycle_text, LIFECYCLE, kinds)
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    return Definitions(traits=declared, lifecycle=stages, fingerprint=fingerprint)
