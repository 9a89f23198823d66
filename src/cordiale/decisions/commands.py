"""`decisions …`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from django.utils import translation
from rich.text import Text

from cordiale.customers.queries import get_customer
from cordiale.decisions import queries
from cordiale.errors import CordialeError
from cordiale.ui import context, terminal

LANGUAGES = ("en", "fr")
app = terminal.group("Why a customer was or was not contacted.")


@app.callback()
def main() -> None:
    """Why a customer was or was not contacted."""


@app.command()
def explain(
    customer: Annotated[str, typer.Argument(help="The customer's reference or number.", metavar="CUSTOMER")],
    programme: Annotated[str, typer.Option(help="Only this programme.")] = "",
    language: Annotated[str, typer.Option(help="Language of the words: en or fr.")] = "en",
    json_: terminal.Json = False,
    now: terminal.Now = None,
    home_: terminal.HomeFolder = None,
) -> None:
    """Say why each proposed contact went or not, and why nothing was proposed in the other programmes."""
    found = get_customer(customer)
    instant = context.present(now)
    if language not in LANGUAGES:
        raise CordialeError(f"there are no words in '{language}'; write one of {', '.join(LANGUAGES)}")
    with translation.override(language):
        explanation = queries.explain(found.pk, instant, programme)
    payload = {"customer": found.reference} | explanation.as_json()
    terminal.answer(payload, as_json=json_, text=lambda: _as_text(payload))


def _as_text(payload: dict[str, Any]) -> Text:
    lines = [f"Customer {payload['customer']}"]
    for one in payload["proposals"]:
        what = f"{one['programme']}, step {one['step']}, {one['template']}"
        answer = f"{one['verdict']} ({one['rule'] or 'not decided yet'})"
        lines += [f"{one['proposed_at']:%Y-%m-%d %H:%M} {what}: {answer}", f"    {one['words']}"]
    lines += [f"not in {one['programme']} ({one['rule']}): {one['words']}" for one in payload["why_not"]]
    return Text("\n".join(lines))
