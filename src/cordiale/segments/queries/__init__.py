"""Reading segments: the vocabulary, counts and members, explanations, and what the pages show."""

from __future__ import annotations

from cordiale.segments.queries.evaluation import Count, Members, count, count_each, holding, matching, members, members_of
from cordiale.segments.queries.language import get_segment, parse, vocabulary

__all__ = [
    "Count",
    "Members",
    "count",
    "count_each",
    "get_segment",
    "holding",
    "matching",
    "members",
    "members_of",
    "parse",
    "vocabulary",
]
