"""One bad event must not stop the others: what fails together is tried in halves, until the bad one stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, transaction

from cordiale.errors import Located, Unavailable

Row = TypeVar("Row")
Result = TypeVar("Result")
TRANSIENT = (OperationalError, InterfaceError, Unavailable, Located, OSError, MemoryError)
"""Not the events' fault (a broken rules file is a person's to mend): nothing is rejected, all is tried again later."""
ENOUGH = 200
"""So many refused in a row, and none taken, means that the fault is ours: stop, and keep everything waiting."""


class Sieve(Generic[Row]):
    """Applies steps to rows, and collects those that a step cannot take, with the reason."""

    def __init__(self) -> None:
        self.refused: list[tuple[Row, str]] = []

    def apply(self, rows: Sequence[Row], act: Callable[[Sequence[Row]], Sequence[Result]]) -> list[Result]:
        """What `act` gives for the rows it can take, in their order. Each call of `act` is a transaction of its own."""
        taken, refused = self._apply(rows, act, [], [])
        self.refused += refused
        return taken

    def _apply(
        self,
        rows: Sequence[Row],
        act: Callable[[Sequence[Row]], Sequence[Result]],
        taken: list[Result],
        refused: list[tuple[Row, str]],
    ) -> tuple[list[Result], list[tuple[Row, str]]]:
        if not rows:
            return taken, refused
        try:
            with transaction.atomic():
                taken += act(rows)
        except TRANSIENT:
            raise
        except Exception as error:
            if len(rows) == 1:
                refused.append((rows[0], f"{type(error).__name__}: {error}"[:300]))
                if len(refused) >= ENOUGH and not taken:
                    raise
            else:
                middle = len(rows) // 2
                self._apply(rows[:middle], act, taken, refused)
                self._apply(rows[middle:], act, taken, refused)
        return taken, refused
