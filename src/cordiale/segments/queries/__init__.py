"""Reading segments: the vocabulary, counts and members, explanations, and what the pages show."""

from __future__ import annotations

from cordiale.segments.queries.catalogue import catalogue
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
from cordiale.segments.queries.exporting import export
from cordiale.segments.queries.history import DaySize, Move, history, members_on, moves
from cordiale.segments.queries.known_values import property_names, property_values, top_values
from cordiale.segments.queries.language import get_segment, parse, parse_tree, vocabulary
from cordiale.segments.queries.overlapping import Intersection, Overlap, overlap

__all__ = [
    "Count",
    "Counts",
    "DaySize",
    "Intersection",
    "Members",
    "Move",
    "Overlap",
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
    "export",
    "get_segment",
    "history",
    "holding",
    "matching",
    "members",
    "members_of",
    "members_on",
    "moves",
    "only_the_latest",
    "overlap",
    "parse",
    "parse_tree",
    "property_names",
    "property_values",
    "reach",
    "top_values",
    "vocabulary",
]
