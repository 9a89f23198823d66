"""The language of segments: pure, no Django, no I/O."""

from __future__ import annotations

from cordiale.segments.rules.checking import parse
from cordiale.segments.rules.language import PROFILE, Field, Kind, Vocabulary
from cordiale.segments.rules.problems import BadExpression
from cordiale.segments.rules.tree import Expression

__all__ = ["PROFILE", "BadExpression", "Expression", "Field", "Kind", "Vocabulary", "parse"]
