"""Load the real data, set the programmes up, and run the last weeks day by day through the engine.

Every stage can be cut off at any moment and called again: what is there is left alone, what lacks is done.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.core.management import call_command
from django.db import transaction
from ruamel.yaml import YAML

from cordiale import clock, home
from cordiale.accounts import actions as accounts
from cordiale.accounts.models import Role
from cordiale.company import company
from cordiale.consent import actions as consent
from cordiale.consent.models import ConsentProof
from cordiale.consent.purposes import purposes
from cordiale.consent.rules import ConsentEntry
from cordiale.content import actions as content
from cordiale.customers import actions as customers
from cordiale.customers.models import Customer
from cordiale.decisions import actions as decisions
from cordiale.deliveries import catcher
from cordiale.demo import people
from cordiale.demo.journey import LICENCE, Journey, families
from cordiale.demo.state import DemoState, find_state, forget
from cordiale.demo.understanding import ACTOR, Step, understand
from cordiale.errors import Refused
from cordiale.facts import actions as facts
from cordiale.identity import actions as identity
from cordiale.insight import actions as insight
from cordiale.lake import open_lake
from cordiale.programmes import actions as programmes
from cordiale.programmes import engine
from cordiale.programmes.models import Programme, Status, Tick
from cordiale.segments import actions as segments
from cordiale.segments.models import Segment
from cordiale.ui import terminal

PROGRAMMES = ("win-back", "welcome", "birthday")
TICKS_AT = (wall_time(7, 0), wall_time(10, 0), wall_time(15, 0))
"""The first falls in the quiet hours, so that postponing is seen; at the last, Martinique is awake too."""
MONTHS_OF_HISTORY = 12
_EMPTIED = ("lake", "mail", "media", "company")
STAFF_EMAIL = "demo@example.org"


def prepare(*, days: int, sample: int | None, today: date) -> DemoState:
    """The state of this home's demo, begun where there is none. Refused where the home holds real customers."""
    state = find_state()
    if state is not None:
        state.require_same(days=days, sample=sample)
        return state
    if Customer.objects.exists():
        raise Refused(
            f"{home.current().root} holds customers that are not the demo's; give the demo its own home: --home DIR"
        )
    journey_end = last_day(today) + timedelta(days=1)
    zone = ZoneInfo(company().zone)
    state = DemoState(
        today=today.isoformat(),
        days=days,
        sample=sample,
        ends_at=datetime.combine(journey_end, TICKS_AT[-1], zone).isoformat(),
        data=LICENCE,
    )
    state.save()
    return state


def reset() -> None:
    """Empty a demo home. Refused where it holds somebody's real customers."""
    if find_state() is None and Customer.objects.exists():
        raise Refused(f"{home.current().root} holds customers that are not the demo's; nothing was removed")
    place = home.current()
    call_command("flush", verbosity=0, interactive=False)
    for name in _EMPTIED:
        shutil.rmtree(place.root / name, ignore_errors=True)
    forget()
    place.prepare()


def run(state: DemoState) -> None:
    """Do what is left of the main job."""
    with _stage(state, "load"):
        _load(state)
    with _stage(state, "history"):
        _compute_history(state)
    with _stage(state, "setup"):
        _set_up(state)
    with _stage(state, "run"):
        _run_days(state)


def learn(state: DemoState, step: Step) -> None:
    """Fit scores and recommendations: a minute or two, for which nobody has to wait. `step` may raise to end it."""
    with _stage(state, "understand"):
        if "understand" not in state.stages:
            understand(_journey(state), company_folder(), state.end, step)


def sign_in_link() -> str:
    """A fresh one-time link for the demo's administrator (a path; the caller knows the address)."""
    return accounts.invite(STAFF_EMAIL, "Camille Démo", Role.ADMINISTRATOR, clock.now(), actor=ACTOR)


def company_folder() -> Path:
    """The example company's files: in the checkout, or inside the installed package."""
    packaged = Path(__file__).parent / "company"
    return packaged if packaged.exists() else Path(__file__).resolve().parents[3] / "programmes"


def last_day(today: date) -> date:
    """The Sunday of the week before `today`'s."""
    return today - timedelta(days=today.isoweekday())


@contextmanager
def _stage(state: DemoState, name: str) -> Iterator[None]:
    if name in state.stages:
        yield  # its parts find that everything is there
        return
    started = time.monotonic()
    yield
    state.stages[name] = round(time.monotonic() - started, 2)
    state.save()


def _load(state: DemoState) -> None:
    if "load" in state.stages:
        return
    journey = _journey(state)
    households = journey.households()
    ids = _load_customers(households, state)
    _load_consents(households, ids, state)
    _write_categories()
    table = pa.table({
        "household_id": pa.array([int(reference) for reference in ids], pa.int64()),
        "customer_id": pa.array(list(ids.values()), pa.int64()),
    })  # fmt: skip
    with terminal.progress("Order lines"):
        facts.record("order_lines", journey.order_lines(table), app=("demo-order-lines", 1))
        open_lake().fold("order_lines")
    facts.record("events", journey.redemptions(table), app=("demo-redemptions", 1))
    mailings = journey.mailings(table)
    facts.record("messages", mailings, app=("demo-mailings", 1))
    decisions.record_past_contacts(mailings.to_pylist(), now=state.end)


def _journey(state: DemoState) -> Journey:
    return Journey(today=state.day, zone=company().zone, sample=state.sample)


def _load_customers(households: list[people.Household], state: DemoState) -> dict[str, int]:
    rows = []
    with terminal.progress("Customers", len(households)) as advance:
        for row in people.customers(households, today=state.day):
            rows.append(row)
            advance(1)
    with transaction.atomic():
        ids = customers.upsert(rows, now=state.end)
        identity.link(
            [
                {"customer_id": ids[row["reference"]], "kind": kind, "value": row[field], "source": people.SYNTHETIC}
                for row in rows
                for kind, field in (("reference", "reference"), ("email", "email"), ("phone", "phone"))
            ],
            now=state.end,
        )
    return ids


def _load_consents(households: list[people.Household], ids: dict[str, int], state: DemoState) -> None:
    if ConsentProof.objects.exists():
        return
    wordings = purposes()
    entries = [
        ConsentEntry(
            customer_id=ids[str(household.number)],
            purpose=answer.purpose,
            channel="email",
            state=answer.state,
            at=answer.at,
            source=people.SYNTHETIC,
            wording=wordings[answer.purpose].text("fr"),
            wording_version=wordings[answer.purpose].version,
            language="fr",
        )
        for household in households
        for answer in people.answers(household, until=_instants(state)[0])
    ]
    consent.record(entries, now=max(entry.at for entry in entries))


def _write_categories() -> None:
    path = home.current().company / "categories.yaml"
    said = ("fr", "en", "promote")
    with path.open("w") as text:
        YAML().dump({code: {name: one[name] for name in said if name in one} for code, one in families().items()}, text)


def _compute_history(state: DemoState) -> None:
    if "history" in state.stages:
        return
    zone = company().zone
    ends = list(_month_ends(state))
    with terminal.progress("Traits at the end of each month", len(ends)) as advance:
        for day in ends:
            insight.snapshot_at(clock.start_of_day(day, zone))
            advance(1)


def _month_ends(state: DemoState) -> Iterator[date]:
    """The first days of the months before the simulated weeks, oldest first: a month's end is the next one's start."""
    first = _simulated_days(state)[0].replace(day=1)
    for back in reversed(range(MONTHS_OF_HISTORY - 1)):
        months = first.year * 12 + first.month - 1 - back
        yield date(months // 12, months % 12 + 1, 1)


def _set_up(state: DemoState) -> None:
    start = _instants(state)[0] - timedelta(hours=1)
    folder = company_folder()
    content.apply_templates(folder / "templates", now=start)
    for name, one in YAML(typ="safe").load((folder / "segments.yaml").read_text()).items():
        if not Segment.objects.filter(name=name).exists():
            segments.save_segment(name=name, expression=one["expression"], title=one["title"], actor=ACTOR, now=start)
    if not Tick.objects.filter(
        finished_at__isnull=False
    ).exists():  # those who are in a segment before the start do not enter it later
        engine.tick(start - timedelta(minutes=1))
    files = [folder / f"{name}.yaml" for name in PROGRAMMES]
    if any(not Programme.objects.filter(name=name).exists() for name in PROGRAMMES):
        programmes.apply(files, actor=ACTOR, now=start)
        for name in PROGRAMMES:  # the demo's control groups are the same people each time
            Programme.objects.filter(name=name).update(salt=f"demo-{name}")
    for name in PROGRAMMES:
        if Programme.objects.get(name=name).status == Status.DRAFT:
            programmes.start_programme(name, actor=ACTOR, now=start)


def _run_days(state: DemoState) -> None:
    done = Tick.objects.filter(finished_at__isnull=False).order_by("-now").values_list("now", flat=True).first()
    left = [instant for instant in _instants(state) if done is None or instant > done]
    if not left:
        return
    server = catcher.start_catcher(home.current().mail)
    try:
        with terminal.progress(f"{state.days} days through the engine", len(left)) as advance:
            for instant in left:
                engine.tick(instant, smtp_url=f"smtp://{server.host}:{server.port}")
                advance(1)
    finally:
        server.stop()


def _simulated_days(state: DemoState) -> list[date]:
    last = last_day(state.day)
    return [last - timedelta(days=back) for back in reversed(range(state.days))]


def _instants(state: DemoState) -> list[datetime]:
    """When the engine is asked: each day at TICKS_AT, and once more on the day after, when all facts are in."""
    zone = ZoneInfo(company().zone)
    days = _simulated_days(state)
    return [datetime.combine(day, at, zone) for day in days for at in TICKS_AT] + [state.end]
