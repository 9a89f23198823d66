"""Reading segments: the vocabulary, counts and members, explanations, and what the pages show."""

from __future__ import annotations

from cordiale.segments.queries.catalogue import catalogue, top_values
from cordiale.segments.queries.counting import Counts, ReachCount, cancel, counts, only_the_latest, reach
from cordiale.segments.queries.evaluation import (
    Count,
    Members,
    count,
    count_each,
    holding,
    matching,
    members,
    members_of,
)
from cordiale.segments.queries.explanation import RuleCount, RuleResult, count_rules, explain
from cordiale.segments.queries.language import get_segment, parse, vocabulary

__all__ = [
    "Count",
    "Counts",
    "Members",
    "ReachCount",
    "RuleCount",
    "RuleResult",
    "cancel",
    "catalogue",
    "count",
    "count_each",
    "count_rules",
    "counts",
    "explain",
    "get_segment",
    "holding",
    "matching",
    "members",
    "members_of",
    "only_the_latest",
    "parse",
    "reach",
    "top_values",
    "vocabulary",
]
