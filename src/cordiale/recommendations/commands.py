"""`recommend CUSTOMER`, and `recommendations …`: fit the model, tell of products."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cordiale.customers.queries import get_customer
from cordiale.errors import CordialeError
from cordiale.lake.choosing import Engine
from cordiale.recommendations import api, catalogue, fits, queries, words
from cordiale.ui import context, terminal

app = terminal.group("Recommendations: the model, the products.")
ACTOR = "cli"


def recommend(
    customer: str,
    n: Annotated[int, typer.Option("--n", min=1, max=queries.MOST, help="How many at most.")] = 10,
    wanted: Annotated[str, typer.Option(help="all, new (never bought before) or again.")] = "all",
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Say what CUSTOMER (a reference, or our number) may want next, and why."""
    if wanted not in ("all", "new", "again"):
        raise CordialeError(f"'{wanted}' is no kind of recommendation; choose all, new or again")
    found, moment = get_customer(customer), context.present(now)
    fits.get_fit()
    chosen = queries.recommend([found.pk], n, moment, wanted)[0]  # type: ignore[arg-type] # one of the three
    payload = {
        "customer": found.reference, **api.as_json(chosen, queries.affinities([found.pk], moment)[0]),
    }  # fmt: skip
    terminal.answer(
        payload,
        as_json=as_json,
        text=lambda: (
            terminal.table(
                "product", "title", "why",
                rows=[(one.product.pk, words.title(one.product), words.tell(one.reason, one.others)) for one in chosen],
            )
            if chosen
            else "nothing is recommended: the rules leave no product, or the customer's data is restricted"
        ),
    )  # fmt: skip


@app.command("fit")
def fit(
    now: terminal.Now = None, engine: Engine = None, as_json: terminal.Json = False, home: terminal.HomeFolder = None
) -> None:
    """Choose and fit the model on the purchases known; may take minutes."""
    moment = context.present(now)
    catalogue.fill(moment)
    with terminal.progress("Recommendations") as advance:
        made = fits.fit(moment, actor=ACTOR, tell=lambda done, total: advance(1))
    lacking = ", ".join(f"{one['there']} of {one['needed']} {words.LACKING[one['what']]}" for one in made.gate)
    said = f"{words.METHODS[made.method]}, {made.products} products, {made.customers} customers, {made.seconds:.0f} s"
    terminal.answer(
        api.model_as_json(made), as_json=as_json, text=f"{said}; popularity only: {lacking}" if lacking else said
    )


@app.command("show")
def show(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Show the model in force: how it foretold the last weeks, beside its rivals."""
    made = fits.get_fit()
    rows = [
        (str(words.METHODS[line["name"]]), _shown(line["everything"]), _shown(line["unseen"]))
        for line in made.report.get("lines", [])
    ]
    terminal.answer(
        api.model_as_json(made),
        as_json=as_json,
        text=lambda: terminal.table("method", "NDCG@10, all products", "NDCG@10, never bought before", rows=rows),
    )


@app.command("products")
def products(
    file: Annotated[Path, typer.Argument(help="CSV: id, title_fr, title_en, category, price, margin, is_in_stock …")],
    now: terminal.Now = None,
    as_json: terminal.Json = False,
    home: terminal.HomeFolder = None,
) -> None:
    """Tell of the products of FILE. Rows that cannot be taken are listed; the others are taken."""
    rows = catalogue.rows_of(file)
    taken = catalogue.tell(rows.values(), source=file.name, actor=ACTOR, now=context.present(now))
    lines = list(rows)
    faults = [{"line": lines[one.row], "id": one.id, "error": one.reason} for one in taken.faults]
    said = f"{taken.new} new, {taken.changed} changed, {taken.unchanged} as they were"
    terminal.answer(
        {"new": taken.new, "changed": taken.changed, "unchanged": taken.unchanged, "problems": faults},
        as_json=as_json,
        text="\n".join([said, *(f"line {one['line']} ({one['id']}): {one['error']}" for one in faults[:20])]),
    )
    if faults:
        raise CordialeError(f"{len(faults)} of {len(rows)} products were not taken; mend those lines and run it again")


def _shown(one: dict[str, float | None]) -> str:
    if one["mean"] is None:
        return "–"
    return f"{one['mean']:.4f} ({one['low']:.4f} to {one['high']:.4f})"
