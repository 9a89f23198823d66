"""Every command of the product, one line a package. Imported after `django.setup()`."""

from __future__ import annotations

from typing import Any

import typer
import typer.main

from cordiale.accounts import commands as accounts
from cordiale.accounts import key_commands as keys
from cordiale.cases import commands as cases
from cordiale.config import demonstration, processes, quality
from cordiale.connectors import commands as connectors
from cordiale.customers import commands as customers
from cordiale.decisions import commands as decisions
from cordiale.duplicates import commands as duplicates
from cordiale.identity import commands as identity
from cordiale.imports import commands as imports
from cordiale.insight import commands as insight
from cordiale.intake import commands as intake
from cordiale.jobs import commands as jobs
from cordiale.lake import commands as lake
from cordiale.lifecycle import commands as lifecycle
from cordiale.measure import commands as measure
from cordiale.programmes import commands as programmes
from cordiale.quality import commands as quality_board
from cordiale.recommendations import commands as recommendations
from cordiale.rights import commands as rights
from cordiale.scores import commands as scores
from cordiale.segments import commands as segments
from cordiale.webhooks import commands as webhooks

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    help="Cordiale runs a company's relationship marketing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command("demo")(demonstration.demo)
app.command("test", context_settings=_PASS_ON)(quality.test)
app.command("check")(quality.check)
app.command("up")(processes.up)
app.command("down")(processes.down)
app.command("status")(processes.status)
app.command("worker")(processes.worker)
app.command("tick")(programmes.tick)
app.add_typer(insight.app, name="traits")
app.add_typer(scores.app, name="scores")
app.command("recommend")(recommendations.recommend)
app.add_typer(recommendations.app, name="recommendations")
app.add_typer(lifecycle.app, name="lifecycle")
app.add_typer(segments.app, name="segments")
programmes.app.command("report")(measure.report)
app.add_typer(programmes.app, name="programmes")
app.add_typer(decisions.app, name="decisions")
app.add_typer(lake.app, name="lake")
customers.app.command("duplicates")(duplicates.duplicates)
customers.app.command("export")(rights.export_customer)
customers.app.command("erase")(rights.erase_customer)
customers.app.command("merge")(identity.merge)
customers.app.command("unmerge")(identity.unmerge)
app.add_typer(customers.app, name="customers")
app.add_typer(intake.sources, name="sources")
app.add_typer(intake.events, name="events")
app.add_typer(imports.app, name="import")
app.add_typer(jobs.app, name="jobs")
app.add_typer(connectors.app, name="connectors")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(cases.app, name="cases")
app.add_typer(quality_board.app, name="quality")
app.add_typer(rights.app, name="rights")
app.add_typer(accounts.app, name="staff")
app.add_typer(keys.app, name="keys")
cli: Any = typer.main.get_command(app)  # a click group: has `commands`
