"""Reads on programmes: their files checked against what exists, their specs, who is where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from cordiale.consent.purposes import purposes
from cordiale.content.models import Template
from cordiale.decisions.models import Contact, Decision, Proposal, Verdict
from cordiale.decisions.rules.document import nearest, read_text
from cordiale.errors import Located, NotFound
from cordiale.programmes.models import Enrolment, Passage, Programme, ProgrammeVersion, Status, Tick
from cordiale.programmes.rules.reading import Known, Reading, Reference, read_programme
from cordiale.programmes.rules.spec import ProgrammeSpec, Trigger
from cordiale.segments import queries as segments
from cordiale.segments.models import Segment


@dataclass(frozen=True, kw_only=True)
class File:
    """A programme's file and what was read in it."""

    path: Path
    text: str
    reading: Reading


def read_files(paths: Iterable[Path]) -> list[File]:
    """Read and check files against each other and against the segments and templates there are."""
    files = []
    claimed: dict[str, Path] = {}
    for path in paths:
        text = read_text(path)
        reading = check(text, str(path))
        if reading.spec and reading.spec.name in claimed:
            twin = claimed[reading.spec.name]
            reading = replace(reading, spec=None, errors=(_twice(reading, twin),))
        elif reading.spec:
            claimed[reading.spec.name] = path
        files.append(File(path=path, text=text, reading=reading))
    return files


def _twice(reading: Reading, twin: Path) -> Located:
    assert reading.spec is not None
    message = f"the programme '{reading.spec.name}' is also in {twin}"
    return Located(message, line=1, column=1, source=reading.source, hint="keep one of the two files")


def check(text: str, source: str) -> Reading:
    """Read a programme's text; segments and templates it names must exist."""
    known = Known(
        purposes=tuple(purposes()),
        check_condition=lambda condition: segments.parse(condition, in_scenario=True),
    )
    reading = read_programme(text, source, known)
    missing = _missing(reading)
    if not missing:
        return reading
    errors = sorted((*reading.errors, *missing), key=lambda error: (error.line, error.column))
    return replace(reading, spec=None, errors=tuple(errors))


def _missing(reading: Reading) -> list[Located]:
    names = set(Segment.objects.values_list("name", flat=True))
    templates = dict(Template.objects.values_list("name", "channel"))
    return [error for one in reading.references if (error := _problem(one, names, templates, reading.source))]


def _problem(one: Reference, names: set[str], templates: dict[str, str], source: str) -> Located | None:
    if one.kind == "segment":
        known: Sequence[str] = sorted(names)
    else:
        known = [name for name, channel in templates.items() if channel == one.channel]
    if one.name in known:
        return None
    there_is = f"there is no {one.kind} '{one.name}'" + (f" for {one.channel}" if one.channel else "")
    return Located(there_is, line=one.place.line, column=one.place.column, source=source, hint=nearest(one.name, known))


def spec_of(version: ProgrammeVersion) -> ProgrammeSpec:
    """What an applied version says. It was checked when it was applied, so today's names do not matter."""
    return _spec(version.source)


@lru_cache(maxsize=256)
def _spec(source: str) -> ProgrammeSpec:
    return read_programme(source, "programme", Known(purposes=None, check_condition=bool)).require()


def get_programme(name: str) -> Programme:
    """The programme called `name`. Raises NotFound naming the nearest."""
    programme = Programme.objects.select_related("current").filter(name=name).first()
    if programme is None:
        hint = nearest(name, list(Programme.objects.values_list("name", flat=True)[:200]))
        raise NotFound(_("There is no programme “%(name)s”.") % {"name": name} + (f" ({hint})" if hint else ""))
    return programme


def list_programmes() -> QuerySet[Programme]:
    """All programmes with their numbers of walks: `enrolled`, `inside`, `control`."""
    return (
        Programme.objects.select_related("current")
        .annotate(
            enrolled=Count("enrolments"),
            inside=Count("enrolments", filter=Q(enrolments__exited_at=None)),
            control=Count("enrolments", filter=Q(enrolments__is_control=True)),
        )
        .order_by("name")
    )


def counts_of(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Proposals, sent and ghost contacts by programme."""
    counts = {name: {"proposed": 0, "sent": 0, "ghosts": 0} for name in names}
    proposals = Proposal.objects.filter(programme__in=names).values_list("programme").annotate(n=Count("id"))
    sent = Decision.objects.filter(proposal__programme__in=names, verdict=Verdict.SENT)
    ghosts = Contact.objects.filter(programme__in=names, is_ghost=True)
    for name, number in proposals:
        counts[name]["proposed"] = number
    for name, number in sent.values_list("proposal__programme").annotate(n=Count("id")):
        counts[name]["sent"] = number
    for name, number in ghosts.values_list("programme").annotate(n=Count("id")):
        counts[name]["ghosts"] = number
    return counts


def panel_size(spec: ProgrammeSpec) -> int | None:
    """How many the panel's segment held when it was last evaluated; None before the first time."""
    return Segment.objects.filter(name=spec.panel.segment).values_list("size", flat=True).first()


def points_to_fix(programme: Programme) -> list[str]:
    """What stands in the way of a start, in words; nothing when it can start."""
    if programme.current is None:
        return [_("Apply a file first: programmes apply FILE.")]
    spec = spec_of(programme.current)
    points = []
    if spec.panel.control is None:
        points.append(_("The panel has no control share: write control: 10 % in the panel, or 0 % to do without."))
    reading = check(programme.current.source, f"{programme.name}.yaml")
    return points + [str(error) for error in reading.errors]


def passages(version: ProgrammeVersion) -> dict[str, dict[str, int]]:
    """Step → way → walks that left it so, over all walks of this version."""
    rows = Passage.objects.filter(enrolment__version=version).values_list("step", "way").annotate(n=Count("id"))
    counts: dict[str, dict[str, int]] = {}
    for step, way, number in rows:
        counts.setdefault(step, {})[way] = number
    return counts


def standing(version: ProgrammeVersion) -> dict[str, int]:
    """Step → walks of this version that stand before it now."""
    rows = Enrolment.objects.filter(version=version, exited_at=None).values_list("step").annotate(n=Count("id"))
    return dict(rows)


def exits(programme: Programme) -> list[tuple[str, int]]:
    """Reasons for leaving with their numbers, the most frequent first."""
    rows = Enrolment.objects.filter(programme=programme).exclude(exited_at=None).values_list("exit_reason")
    return list(rows.annotate(n=Count("id")).order_by("-n", "exit_reason"))


def inside(programme: Programme, step: str = "") -> QuerySet[Enrolment]:
    """Walks going on, those due first; of one step where it is named."""
    walks = Enrolment.objects.filter(programme=programme, exited_at=None).select_related("customer", "version")
    return (walks.filter(step=step) if step else walks).order_by(F("due_at").asc(nulls_last=True), "pk")


def live() -> QuerySet[Programme]:
    """Programmes that run."""
    return Programme.objects.filter(status=Status.LIVE).select_related("current").order_by("name")


def held() -> list[str]:
    """Programmes whose proposals wait: those that do not run."""
    return list(Programme.objects.exclude(status=Status.LIVE).values_list("name", flat=True))


def last_tick_at() -> datetime | None:
    """How far the engine's clock has gone; None before its first tick."""
    return Tick.objects.order_by("-now").values_list("now", flat=True).first()


def inside_older(programme: Programme) -> int:
    """Walks going on in versions before the current one."""
    return Enrolment.objects.filter(programme=programme, exited_at=None).exclude(version=programme.current).count()


def using_segment(name: str) -> list[tuple[str, dict[str, str]]]:
    """Programmes that name a segment in their current version: name and title. Ended ones do not count."""
    found = []
    for programme in Programme.objects.exclude(status=Status.ENDED).exclude(current=None).select_related("current"):
        assert programme.current is not None
        spec = spec_of(programme.current)
        if name in {spec.panel.segment, *spec.panel.exclude, _entry_segment(spec)}:
            found.append((programme.name, spec.title))
    return found


def _entry_segment(spec: ProgrammeSpec) -> str:
    return spec.entry.subject if spec.entry.trigger in (Trigger.ENTERS, Trigger.LEAVES) else ""
