"""What the demo did, in figures read back from the tables it wrote."""

from __future__ import annotations

from typing import Any

from cordiale import home
from cordiale.customers.models import Customer
from cordiale.deliveries import catcher
from cordiale.deliveries.models import Outcome, OutcomeKind
from cordiale.demo.actions import PROGRAMMES
from cordiale.demo.state import DemoState
from cordiale.insight.models import Snapshot
from cordiale.insight.queries import traits
from cordiale.lake import open_lake
from cordiale.measure.queries import programme_counts
from cordiale.segments.models import Segment
from cordiale.ui import terminal


def summary(state: DemoState) -> dict[str, Any]:
    """One JSON-ready object; counts are of the whole demo, `seconds` of each stage's last complete run."""
    latest = Snapshot.objects.order_by("-day").first()
    caught = catcher.caught(home.current().mail)
    return {
        "customers": Customer.objects.count(),
        "order_lines": _order_lines(),
        "traits": len(traits()),
        "segments": dict(Segment.objects.order_by("name").values_list("name", "size")),
        "lifecycle": latest.stages if latest else {},
        "programmes": {name: programme_counts(name) for name in PROGRAMMES},
        "messages_sent": Outcome.objects.filter(kind=OutcomeKind.HANDED_OVER).count(),
        "messages_unknown": Outcome.objects.filter(kind=OutcomeKind.UNKNOWN).count(),
        "mails_caught": caught.messages,
        "mails_caught_twice": caught.duplicates,
        "from": state.ends_at[:10],
        "days": state.days,
        "synthetic": "names, addresses, emails, birthdays and consents",
        "licence": state.data["en"],
        "seconds": state.stages,
    }


def as_text(figures: dict[str, Any]) -> str:
    """The summary for a person at a terminal."""
    programmes = terminal.table(
        "programme", "enrolled", "proposed", "sent", "control", "refused", "exited",
        rows=[
            [name, one["enrolled"], one["proposed"], one["sent"], one["control"],
             sum(one["refused"].values()), sum(one["exited"].values())]
            for name, one in figures["programmes"].items()
        ],
    )  # fmt: skip
    stages = terminal.table("life-cycle stage", "customers", rows=list(figures["lifecycle"].items()))
    segments = terminal.table("segment", "customers", rows=list(figures["segments"].items()))
    with terminal.answers.capture() as page:
        terminal.answers.print(
            f"\n[bold]{terminal.figure(figures['customers'])} customers,"
            f" {terminal.figure(figures['order_lines'])} order lines, {figures['traits']} traits;"
            f" {figures['days']} days run through the engine.[/bold]\n"
        )
        for part in (stages, segments, programmes):
            terminal.answers.print(part, "")
        terminal.answers.print(
            f"Messages: {terminal.figure(figures['messages_sent'])} sent, {figures['messages_unknown']} unknown,"
            f" {terminal.figure(figures['mails_caught'])} caught by the demo's own mail server.\n"
            f"Made up: {figures['synthetic']}. {figures['licence']}\n"
            f"Seconds: {', '.join(f'{name} {spent:.1f}' for name, spent in figures['seconds'].items())}"
        )
    return page.get()


def _order_lines() -> int:
    counted: int = open_lake().query("select count(*) n from order_lines")["n"][0].as_py()
    return counted
