"""From YAML to a ProgrammeSpec. All errors of a file are found; each stands at its place and says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ruamel.yaml.nodes import Node, ScalarNode

from cordiale.decisions.rules import values
from cordiale.decisions.rules.document import Document, Place, nearest, place_of
from cordiale.decisions.rules.plan import read_limits
from cordiale.errors import CordialeError, Located
from cordiale.programmes.rules.scenario import ScenarioReader
from cordiale.programmes.rules.spec import Entry, Objective, Panel, ProgrammeSpec, Reentry, Scenario, Trigger

T = TypeVar("T")
LANGUAGES = ("fr", "en")
KINDS = ("acquisition", "activation", "development", "loyalty", "reactivation", "service")
METRICS = ("order", "spend", "event")
KPIS = ("orders per message", "average basket", "unsubscribes", "cost", "incremental revenue", "incremental orders")
DATES = ("birthday",)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REQUIRED = ("programme", "title", "objective", "panel", "entry", "consent", "scenario")
OPTIONAL = ("reentry", "priority", "pressure", "kpis", "budget")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ON_SUBJECT = re.compile(r'(enters segment|leaves segment|event|date) +(?:"([^"]+)"|(\S+))')


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A name the file relies on, and where it stands. `kind` is segment or template."""

    kind: str
    name: str
    place: Place
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a file may name: the purposes (None: any), and the segment language (`check_condition` raises Located)."""

    purposes: Collection[str] | None
    check_condition: Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read: a spec where there is no error, every error in the order of the text, every name relied on."""

    source: str
    spec: ProgrammeSpec | None
    errors: tuple[Located, ...] = ()
    references: tuple[Reference, ...] = field(default=())

    def require(self) -> ProgrammeSpec:
        """The spec; raises the first error."""
        if self.errors:
            raise self.errors[0]
        assert self.spec is not None
        return self.spec


def read_programme(text: str, source: str, known: Known) -> Reading:
    """Read a programme's file, without looking at the segments and templates there are."""
    reader = _Reader(Document(text, source), known)
    spec = reader.read()
    errors = tuple(reader.document.sorted_errors())
    return Reading(source=source, spec=None if errors else spec, errors=errors, references=tuple(reader.references))


class _Reader:
    def __init__(self, document: Document, known: Known) -> None:
        self.document = document
        self.known = known
        self.references: list[Reference] = []
        self.keys: dict[str, Node] = {}

    def read(self) -> ProgrammeSpec | None:
        root = self.document.root()
        if root is None:
            return None
        self.keys = self.document.mapping(root, "a programme", required=REQUIRED, optional=OPTIONAL)
        name = self._part("programme", self._name)
        title = self._part("title", lambda node: self.document.texts(node, "title", LANGUAGES))
        objective = self._part("objective", self._objective)
        panel = self._part("panel", self._panel)
        entry = self._part("entry", self._entry)
        reentry = self._part("reentry", self._reentry) or Reentry(allowed=False)
        purpose = self._part("consent", self._purpose)
        priority = self._part("priority", self._priority)
        limits = self._part("pressure", lambda node: read_limits(self.document, node, self.known.purposes)) or ()
        scenario = self._part("scenario", self._scenario)
        kpis = self._part("kpis", self._kpis) or ()
        budget = self._part("budget", self._budget)
        if not (name and title and objective and panel and entry and purpose and scenario):
            return None
        return ProgrammeSpec(
            name=name, title=title, objective=objective, panel=panel, entry=entry, reentry=reentry, purpose=purpose,
            priority=priority or 0, limits=limits, scenario=scenario, kpis=kpis, budget=budget,
        )  # fmt: skip

    def _part(self, key: str, read: Callable[[Node], T]) -> T | None:
        return read(self.keys[key]) if key in self.keys else None

    def _name(self, node: Node) -> str:
        name = self.document.word(node, "programme")
        if name and (not _NAME.fullmatch(name) or len(name) > 80):
            self.document.fail(node, f"'{name}' is not a name", "lower-case letters, digits and hyphens, at most 80")
        return name

    def _objective(self, node: Node) -> Objective | None:
        keys = self.document.mapping(node, "the objective", required=("kind", "metric", "target", "within"))
        if len(keys) < 4:
            return None
        kind = self.document.choice(keys["kind"], "kind", KINDS)
        metric = self.document.choice(keys["metric"], "metric", METRICS)
        target = self.document.value(keys["target"], "target", values.share)
        within = self.document.value(keys["within"], "within", values.duration)
        if target is None or within is None:
            return None
        return Objective(kind=kind, metric=metric, target=target, within=within)

    def _panel(self, node: Node) -> Panel:
        keys = self.document.mapping(
            node, "the panel", required=("segment",), optional=("exclude", "control", "leaving")
        )
        segment = self._segment(keys["segment"]) if "segment" in keys else ""
        excluded = self.document.items(keys["exclude"], "exclude") if "exclude" in keys else []
        control = self.document.value(keys["control"], "control", _control) if "control" in keys else None
        leaving = self.document.choice(keys["leaving"], "leaving", ("stays", "exits")) if "leaving" in keys else ""
        return Panel(
            segment=segment,
            exclude=tuple(self._segment(item) for item in excluded),
            control=control,
            leaving_exits=leaving == "exits",
        )

    def _segment(self, node: Node) -> str:
        name = self.document.word(node, "segment")
        self._refer("segment", name, place_of(node))
        return name

    def _refer(self, kind: str, name: str, place: Place, channel: str = "") -> None:
        if name:
            self.references.append(Reference(kind=kind, name=name, place=place, channel=channel))

    def _entry(self, node: Node) -> Entry | None:
        keys = self.document.mapping(node, "the entry", optional=("on", "every", "at"))
        if ("on" in keys) == ("every" in keys):
            self.document.fail(node, "an entry has either 'on' or 'every'", "write {on: enters segment dormant}")
            return None
        entry = self._on(keys["on"]) if "on" in keys else self._every(keys["every"])
        if entry is None:
            return None
        timed = entry.trigger in (Trigger.DATE, Trigger.EVERY)
        if timed != ("at" in keys):
            self.document.fail(
                keys.get("at", node),
                "'at' is missing in the entry" if timed else f"'at' means nothing for '{entry.trigger}'",
                'write at: "09:00"' if timed else "delete it",
            )
            return None
        at = self.document.value(keys["at"], "at", values.time_of_day) if timed else None
        return Entry(trigger=entry.trigger, subject=entry.subject, at=at)

    def _every(self, node: Node) -> Entry:
        return Entry(trigger=Trigger.EVERY, subject=self.document.choice(node, "weekday", WEEKDAYS))

    def _on(self, node: Node) -> Entry | None:
        word = self.document.word(node, "on")
        if word in ("order", "first order"):
            return Entry(trigger=Trigger(word))
        match = _ON_SUBJECT.fullmatch(word)
        if not match:
            known = ["enters segment", "leaves segment", 'event "Name"', "date birthday", "order", "first order"]
            if word:
                self.document.fail(node, f"'{word}' is not an entry", nearest(word, known))
            return None
        trigger, subject = Trigger(match[1]), match[2] or match[3]
        place = place_of(node)
        if trigger in (Trigger.ENTERS, Trigger.LEAVES):
            offset = match.start(2) if match[2] else match.start(3)
            self._refer("segment", subject, Place(line=place.line, column=place.column + offset))
        elif trigger is Trigger.DATE and subject not in DATES:
            self.document.fail(node, f"'{subject}' is not a known date", nearest(subject, DATES))
        return Entry(trigger=trigger, subject=subject)

    def _reentry(self, node: Node) -> Reentry | None:
        if isinstance(node, ScalarNode):
            word = self.document.choice(node, "re-entry", ("never", "always"))
            return Reentry(allowed=word == "always")
        keys = self.document.mapping(node, "re-entry", required=("after",))
        after = self.document.value(keys["after"], "after", values.duration) if keys else None
        return Reentry(allowed=True, after=after) if after else None

    def _purpose(self, node: Node) -> str:
        keys = self.document.mapping(node, "consent", required=("purpose",))
        return self.document.choice(keys["purpose"], "purpose", self.known.purposes) if keys else ""

    def _priority(self, node: Node) -> int | None:
        return self.document.value(node, "priority", partial(values.whole, least=0, most=100))

    def _scenario(self, node: Node) -> Scenario:
        return ScenarioReader(
            self.document,
            refer=lambda name, place, channel: self._refer("template", name, place, channel),
            check_condition=self.known.check_condition,
        ).read(node)

    def _kpis(self, node: Node) -> tuple[str, ...]:
        return tuple(self.document.choice(item, "KPI", KPIS) for item in self.document.items(node, "kpis"))

    def _budget(self, node: Node) -> values.Amount | None:
        keys = self.document.mapping(node, "the budget", required=("amount",))
        return self.document.value(keys["amount"], "amount", values.amount) if keys else None


def _control(text: str) -> float:
    share = values.share(text)
    if share >= 1:
        raise CordialeError("a control group of 100 % leaves nobody to contact; write less, e.g. 10 %")
    return share
