"""What learning a score gives, whatever its kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Step = Callable[[], None]
"""Called between the stages of learning; it may raise to end it."""
STAGES_OF_WORK = 6


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """A model with its card, or why there is none (`refusals`, then `content` is empty).

    `method` is what is in force: the name of a model or `rule`; `parameters` what reading `content` takes besides.
    """

    as_of: datetime
    horizon: int
    card: Mapping[str, Any]
    method: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""
    refusals: Sequence[Mapping[str, Any]] = ()


def told(value: Any) -> Any:
    """`value` as JSON holds it: what is no number (a ratio to nothing) is unknown."""
    if isinstance(value, Mapping):
        return {key: told(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
