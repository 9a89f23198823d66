"""The outline as the page's fields: each rule a row of controls, each control with its label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cordiale.company import company
from cordiale.segments.builder import proposals, words
from cordiale.segments.builder.flat import PROPERTY
from cordiale.segments.builder.offers import NUMERIC, Offers
from cordiale.segments.builder.outline import Part, Rule
from cordiale.segments.builder.subjects import Option, subjects
from cordiale.segments.builder.values import Flat, lines
from cordiale.segments.queries.catalogue import Choice, ColumnOffer, FunctionOffer
from cordiale.segments.rules import Kind
from cordiale.segments.rules.language import MAX_STEPS

GLANCE = 15


@dataclass(frozen=True, kw_only=True)
class Control:
    """A field of a rule. `kind` is select, text, number, date, lines, checks or area; `suggest` is
    the query for values to propose; `reshapes`: the rule has other fields once it changes."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: tuple[Option, ...] = ()
    before: str = ""
    after: str = ""
    suggest: str = ""
    reshapes: bool = False

    @property
    def is_long(self) -> bool:
        """Has it more options than one takes in at a glance?"""
        return len(self.options) > GLANCE


@dataclass(frozen=True, kw_only=True)
class Row:
    """A condition on the rows a function looks at; `row` names it to the buttons."""

    row: str
    controls: list[Control]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a sequence."""

    row: str
    number: int
    controls: list[Control]
    conds: list[Row]


@dataclass(frozen=True, kw_only=True)
class RuleView:
    """A rule as the template shows it."""

    place: str
    about: str
    negated: bool
    subjects: list[tuple[str, tuple[Option, ...]]]
    hint: str
    controls: list[Control]
    window: list[Control]
    conds: list[Row]
    steps: list[Step]
    takes_conds: bool
    takes_steps: bool
    gap: str
    problem: str
    is_group: bool = False


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """A group as the template shows it."""

    place: str
    kind: str
    negated: bool
    kinds: tuple[Option, ...]
    parts: list[RuleView | GroupView]
    problem: str
    is_group: bool = True


@dataclass(frozen=True, kw_only=True)
class Painter:
    """Shows an outline in a language (`fr` writes decimals with a comma)."""

    offers: Offers
    language: str
    problems: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)

    def part(self, part: Part, place: str = "") -> RuleView | GroupView:
        """A part and those below it."""
        if isinstance(part, Rule):
            return self._rule(part.flat, place)
        above = f"{place}." if place else ""
        return GroupView(
            place=place or "0.", kind=part.kind, negated=part.negated, kinds=_options(words.GROUP_KINDS, part.kind),
            parts=[self.part(one, f"{above}{number}") for number, one in enumerate(part.parts)],
            problem=self.problems.get(place, ""),
        )  # fmt: skip

    def _rule(self, flat: Flat, place: str) -> RuleView:
        about = flat.get("about", "")
        sort, _sep, name = about.partition(":")
        row = _RowPainter(self, place, flat)
        function = self.offers.function(name) if sort == "fact" else None
        found = self.offers.field(name) if sort == "field" else None
        steps = flat.get("steps", []) if sort == "sequence" else []
        return RuleView(
            place=place, about=about, negated=bool(flat.get("not")), subjects=subjects(self.offers, about),
            hint=found.description if found else "", controls=row.controls(),
            window=row.window() if sort in ("fact", "sequence") else [],
            conds=self._conds(name, flat, place, "") if function else [],
            steps=[self._step(step, place, number) for number, step in enumerate(steps)],
            takes_conds=bool(function and (function.columns or function.takes_properties)),
            takes_steps=sort == "sequence" and len(steps) < MAX_STEPS,
            gap=self.gaps.get(place, ""), problem=self.problems.get(place, ""),
        )  # fmt: skip

    def _step(self, flat: Flat, place: str, number: int) -> Step:
        prefix = f"steps.{number}."
        row = _RowPainter(self, place, flat, prefix)
        functions = [(name, title) for name, title in words.STEPS if self.offers.function(name)]
        happened = [("", _("then")), ("on", _("then not"))]
        controls = [row.select("not", _("Did it happen?"), happened)] if number else []
        controls += [row.select("function", _("What happened"), functions, reshapes=True)]
        function = self.offers.function(flat.get("function", ""))
        controls += row.subject(function) if function else []
        return Step(row=str(number), number=number + 1, controls=controls,
                    conds=self._conds(flat.get("function", ""), flat, place, prefix))  # fmt: skip

    def _conds(self, function: str, flat: Flat, place: str, prefix: str) -> list[Row]:
        rows = []
        for number, cond in enumerate(flat.get("conds", [])):
            row = _RowPainter(self, place, cond, f"{prefix}conds.{number}.", flat.get("subject", ""))
            name = f"{prefix.split('.')[1]}.{number}" if prefix else str(number)
            rows.append(Row(row=name, controls=row.cond(function)))
        return rows


@dataclass(frozen=True)
class _RowPainter:
    """Makes the controls of one set of fields; `prefix` leads to it within its rule, `event` is what it is part of."""

    painter: Painter
    place: str
    flat: Flat
    prefix: str = ""
    event: str = ""

    def _name(self, role: str) -> str:
        return f"{self.place}~{self.prefix}{role}"

    def select(
        self, role: str, label: str, options: Iterable[tuple[str, words.Said]], *, reshapes: bool = False,
        before: str = "",
    ) -> Control:  # fmt: skip
        """A closed list; what was chosen and is gone stays in it."""
        value = self.flat.get(role, "")
        return Control(name=self._name(role), label=label, kind="select", value=value, reshapes=reshapes,
                       before=before, options=_options(options, value))  # fmt: skip

    def text(self, role: str, label: str, kind: str = "text", *, reshapes: bool = False, **more: str) -> Control:
        """Something typed."""
        value = self.flat.get(role, "")
        if kind == "number" and self.painter.language == "fr":
            value = value.replace(".", ",")
        return Control(name=self._name(role), label=label, kind=kind, value=value, reshapes=reshapes,
                       **more)  # type: ignore[arg-type]  # fmt: skip

    def controls(self) -> list[Control]:
        """What stands beside the thing a rule is about."""
        about = self.flat.get("about", "")
        sort, _sep, name = about.partition(":")
        known = self.painter.offers.catalogue
        match sort:
            case "consent" | "reachable":
                return [self.select("purpose", _("Purpose"), _pairs(known.purposes)),
                        self.select("channel", _("Channel"), _pairs(known.channels))]  # fmt: skip
            case "segment" | "listed":
                choices = known.segments if sort == "segment" else known.lists
                return [self.select("name", _("Segment") if sort == "segment" else _("List"), _first_empty(choices))]
            case "sample":
                return [self.text("share", _("Share"), "number", after="%"),
                        self.text("name", _("Name of the draw"), before=_("drawn for"))]  # fmt: skip
            case "written":
                return [self.text("text", _("Rule as text"), "area")]
            case "field":
                return self._of_field(name)
        function = self.painter.offers.function(name)
        subject = self.subject(function) if function else []
        return [*subject, *self._tested(about, function)]

    def _of_field(self, name: str) -> list[Control]:
        offer = self.painter.offers.field(name)
        if offer is None:
            return []
        operator = self.select("op", _("Operator"), words.operators(offer.kind), reshapes=True)
        suggest = proposals.of_field(name) if offer.has_values and not offer.choices else ""
        return [operator, *self._values(offer.kind, offer.choices, suggest, offer.unit)]

    def subject(self, function: FunctionOffer) -> list[Control]:
        """The first argument of a function, where it has one."""
        column = function.subject
        if column is None:
            return []
        choices: Sequence[Choice] = column.choices
        if column.name == "segment":
            choices = self.painter.offers.catalogue.segments
        if choices:
            return [self.select("subject", column.title, _first_empty(choices))]
        proposed = proposals.of_column(function.name, column.name)
        return [self.text("subject", column.title, suggest=proposed, reshapes=function.takes_properties)]

    def _tested(self, about: str, function: FunctionOffer | None) -> list[Control]:
        kind = self.painter.offers.kind(about)
        if not kind:
            return []
        is_known = function is None or function.is_known
        operators = words.operators(kind, is_counted=kind == Kind.INTEGER and is_known, may_be_unknown=not is_known)
        return [self.select("op", _("Operator"), operators, reshapes=True), *self._values(kind, (), "", "")]

    def cond(self, function: str) -> list[Control]:
        """A condition on a row."""
        offer = self.painter.offers.function(function)
        if offer is None:
            return []
        name = self.flat.get("column", "")
        columns = [("", _("choose…")), *((one.name, one.title) for one in offer.columns)]
        columns += [(PROPERTY, _("Property of the event"))] if offer.takes_properties else []
        controls = [self.select("column", _("Condition on"), columns, reshapes=True)]
        if self.flat.get("style"):
            controls.append(Control(name=self._name("style"), label="", kind="hidden", value=self.flat["style"]))
        column = self.painter.offers.column(function, name)
        if name == PROPERTY:
            titles = dict(words.row_operators(Kind.TEXT)) | dict(words.row_operators(Kind.NUMBER))
            named = self.flat.get("property", "")
            proposed = proposals.of_property(self.event, named) if named else ""
            return [*controls, self.text("property", _("Name of the property"), reshapes=True,
                                         suggest=proposals.of_names(self.event)),
                    self.select("op", _("Operator"), titles.items(), reshapes=True),
                    *self._values(Kind.TEXT, (), proposed, "")]  # fmt: skip
        return [*controls, *self._of_column(function, column)] if column else controls

    def _of_column(self, function: str, column: ColumnOffer) -> list[Control]:
        operator = self.select("op", _("Operator"), words.row_operators(column.kind), reshapes=True)
        suggest = proposals.of_column(function, column.name) if column.has_values else ""
        return [operator, *self._values(column.kind, column.choices, suggest, "")]

    def window(self) -> list[Control]:
        """When it happened; and for a sequence, how soon one step follows the other."""
        controls = []
        if self.flat.get("about") == "sequence":
            controls.append(self.text("bn", _("Longest time between steps"), "number",
                                      before=_("from step to step at most")))  # fmt: skip
            controls.append(self.select("bu", _("Unit"), words.UNITS))
        controls.append(self.select("window", _("When"), words.WINDOWS, reshapes=True))
        function = self.painter.offers.function(self.flat.get("about", "").partition(":")[2])
        match self.flat.get("window"):
            case "last":
                controls += [self.text("wn", _("Length of time"), "number"), self.select("wu", _("Unit"), words.UNITS)]
            case "since":
                controls.append(self.text("since", _("Since which day"), "date"))
        if function is not None and function.takes_minimum:
            controls.append(self.text("minimum", _("Least amount of an order"), "number",
                                      before=_("of at least (optional)"), after=_sign(company().currency)))  # fmt: skip
        return controls

    def _values(self, kind: str, choices: Sequence[Choice], suggest: str, unit: str) -> list[Control]:
        op = self.flat.get("op", "")
        if op in words.VALUELESS:
            return []
        if op in words.RELATIVE:
            return [self.text("n", _("Length of time"), "number"), self.select("u", _("Unit"), words.UNITS)]
        after = "%" if kind == Kind.SHARE else _sign(company().currency) if kind == Kind.MONEY else unit
        typed = "number" if kind in NUMERIC else "date" if kind in (Kind.INSTANT, Kind.DATE) else "text"
        if op.removeprefix("not ") == "between":
            least = self.text("v", _("From the value"), typed)
            return [least, self.text("w", _("To the value"), typed, before=_("and"), after=after)]
        if op.removeprefix("not ") == "in":
            return [self._several(choices, suggest)]
        if choices and op in ("=", "<>"):
            return [self.select("v", _("Value"), _first_empty(choices))]
        return [self.text("v", _("Value"), typed, after=after, suggest=suggest)]

    def _several(self, choices: Sequence[Choice], suggest: str) -> Control:
        value = self.flat.get("v", "")
        if not choices:
            return self.text("v", _("Values, one a line"), "lines", suggest=suggest)
        chosen = set(lines(value))
        options = tuple(Option(one.value, one.title, one.value in chosen) for one in choices)
        return Control(name=self._name("v"), label=_("Values"), kind="checks", value=value, options=options)


def _sign(currency: str) -> str:
    return {"EUR": "€", "USD": "$", "GBP": "£"}.get(currency, currency)


def _options(options: Iterable[tuple[str, words.Said]], value: str) -> tuple[Option, ...]:
    made = tuple(Option(key, str(title), key == value) for key, title in options)
    if not value or any(one.is_chosen for one in made):
        return made
    return (*made, Option(value, value, True))


def _pairs(choices: Iterable[Choice]) -> list[tuple[str, str]]:
    return [(one.value, one.title) for one in choices]


def _first_empty(choices: Iterable[Choice]) -> list[tuple[str, str]]:
    return [("", _("choose…")), *_pairs(choices)]
