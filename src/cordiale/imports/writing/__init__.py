"""What becomes of the rows of each kind of file: one function looks and writes nothing, one writes; both count."""

from __future__ import annotations

from cordiale.imports.writing import answers, consents, customers, events, orders
from cordiale.imports.writing.tasks import Outcome, Part, Seen, Task, Writer

__all__ = ["Outcome", "Part", "Seen", "Task", "writer"]
_WRITERS = {
    "customers": Writer(customers.look, customers.write),
    "orders": Writer(orders.look, orders.write),
    "events": Writer(events.look, events.write),
    "consents": Writer(consents.look, consents.write),
    "answers": Writer(answers.look, answers.write),
}


def writer(kind: str) -> Writer:
    """The writer of a kind of file."""
    return _WRITERS[kind]
