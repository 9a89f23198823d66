"""What is known of each customer: traits, RFM scores, the stage of life, and their days.

In a notebook, without a database or a home, `import cordiale.insight as ci` gives `ci.summarise_orders`, `ci.rfm`,
`ci.lifecycle`, `ci.level` and `ci.expected_value` (see `frames`); they are imported when first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cordiale.insight.frames import expected_value, level, lifecycle, rfm, summarise_orders

__all__ = ["expected_value", "level", "lifecycle", "rfm", "summarise_orders"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cordiale.insight import frames  # noqa: PLC0415 - Django loads this package at every start; frames take a second

    return getattr(frames, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
