"""`scores …`: learn what customers will do, see how right it was, and go back to an earlier version."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group

from cordiale.lake.choosing import Engine
from cordiale.scores import actions, definitions, queries, schemas
from cordiale.scores.learnt import STAGES_OF_WORK
from cordiale.scores.models import ScoreVersion
from cordiale.ui import context, terminal

app = terminal.group("Scores: fitted, judged and told.")
ACTOR = "cli"
Name = Annotated[str, typer.Argument(help="The name of a score, as scores.yaml gives it.")]


@app.command()
def fit(
    name: Annotated[str | None, typer.Argument(help="The score to learn; all of them without.")] = None,
    now: terminal.Now = None,
    engine: Engine = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Learn a score from the company's own past, judge it on the last period, and put it in force."""
    names = [name] if name else [score.name for score in definitions.scores()]
    versions = [_fit(one, now) for one in names]
    payload = [schemas.version(version) for version in versions]
    terminal.answer(payload, as_json=as_json, text=lambda: _versions_table(versions))


@app.command("list")
def list_scores(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the scores: what is in force, since when, or what its data gate lacks."""
    found = queries.standings()
    terminal.answer(
        [schemas.score(one) for one in found],
        as_json=as_json,
        text=lambda: terminal.table(
            "name", "kind", "state", "version", "fitted", "method", "days ahead", "lacks",
            rows=[_listed(one) for one in found],
        ),
    )  # fmt: skip


@app.command()
def card(
    name: Name,
    version: Annotated[int | None, typer.Option(help="A version other than the latest.", show_default=False)] = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Show a score's model card: data, gate, back-test against simple rules, drivers, drift, limits."""
    payload = schemas.card(name, version)
    terminal.answer(payload, as_json=as_json, text=lambda: _card_text(payload))


@app.command("roll-back")
def roll_back(
    name: Name,
    version: Annotated[int, typer.Argument(help="The version to put in force again.")],
    reason: Annotated[str, typer.Option(help="Why; kept with it.")],
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Put an earlier version in force again, until the next fit."""
    found = actions.roll_back(name, version, actor=ACTOR, reason=reason, now=context.present(now))
    text = f"version {found.number} of {name} is in force"
    terminal.answer(schemas.version(found), as_json=as_json, text=text)


def _fit(name: str, now: str | None) -> ScoreVersion:
    with terminal.progress(name, STAGES_OF_WORK) as advance:
        return actions.fit(name, actor=ACTOR, now=context.present(now), step=lambda: advance(1))


def _versions_table(versions: list[ScoreVersion]) -> Any:
    return terminal.table(
        "score", "version", "state", "method", "days ahead", "seconds",
        rows=[
            [one.score, one.number, "in force" if one.is_usable else f"refused: {_lacks(one.refusals)}", one.method,
             one.horizon, f"{one.seconds:.1f}"]
            for one in versions
        ],
    )  # fmt: skip


def _listed(standing: queries.Standing) -> list[Any]:
    version, attempt = standing.version, standing.attempt
    return [
        standing.score.name, standing.score.kind, standing.state, version.number if version else "",
        f"{attempt.fitted_at:%Y-%m-%d}" if attempt else "", version.method if version else "",
        version.horizon if version else "",
        _lacks(attempt.refusals) if attempt and not version else ", ".join(standing.missing),
    ]  # fmt: skip


def _lacks(refusals: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['measure']} {one['have']} of {one['need']}" for one in refusals)


def _card_text(payload: dict[str, Any]) -> Group:
    head = f"{payload['title']['en']} ({payload['name']}): {payload['description']['en']}"
    found, parts = payload["card"], list[Any]([head])
    if payload["version"] is None:
        return Group(*parts, "never fitted; do so: cordiale scores fit " + payload["name"])
    version = payload["version"]
    known = f"fitted {version['fitted_at']}, known until {version['as_of']}"
    parts.append(f"version {version['number']}, {known}, {version['state']}")
    if payload["missing"]:
        parts.append(
            f"no longer declared: {', '.join(payload['missing'])}; unknown for everybody until it is learnt anew, the"
            f" next night or by cordiale scores fit {payload['name']}"
        )
    parts.append(
        terminal.table("gate", "have", "need", rows=[[c["measure"], c["have"], c["need"]] for c in found["gate"]])
    )
    if "evaluation" in found:
        parts.append(_measures(found))
    for what, compared in (found.get("compared") or {}).items():
        parts.append(
            f"{what} in {found['judged_on']} days; simple rule: {compared['rule']}; in force: {compared['level']}"
        )
        parts.append(terminal.table("way", "mean absolute error", "rule's", "ratio", "95 %", rows=[
            [way, *_figures(one["mae"])] for way, one in compared["ways"].items()
        ]))  # fmt: skip
    return Group(*parts)


def _measures(found: dict[str, Any]) -> Any:
    rows = [[name, *_figures(one)] for name, one in found["evaluation"]["measures"].items()]
    title = f"judged on {found['customers']} customers, {found['positives']} did; simple rule: {found['rule']['trait']}"
    return terminal.table("measure", "model", "rule", "ratio", "95 %", rows=rows, title=title)


def _figures(measure: dict[str, float | None]) -> list[str]:
    told = {name: "–" if value is None else f"{value:.4g}" for name, value in measure.items()}
    return [told["value"], told["baseline"], told["ratio"], f"{told['low']} to {told['high']}"]
