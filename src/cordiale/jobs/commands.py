"""`jobs …`: what runs in the background."""

from __future__ import annotations

import signal
from typing import Any

from cordiale.jobs import actions, queries, running
from cordiale.jobs.models import Job
from cordiale.jobs.words import title
from cordiale.ui import context, terminal

app = terminal.group("Work in the background: list, cancel and run it.")
ACTOR = "cli"
_MOST = 50


@app.command("list")
def list_jobs(as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """List the latest jobs, newest first."""
    jobs = list(queries.list_jobs()[:_MOST])
    rows = [(job.pk, title(job), job.state, job.done, "" if job.total is None else job.total) for job in jobs]
    terminal.answer(
        [payload(job) for job in jobs],
        as_json=as_json,
        text=lambda: terminal.table("id", "what", "state", "done", "of", rows=rows),
    )


@app.command("cancel")
def cancel(number: int, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Ask job NUMBER to end; what it has written stays."""
    job = actions.cancel(queries.get_job(number), ACTOR, context.present())
    terminal.answer(payload(job), as_json=as_json, text=f"job {number} ends at its next step")


@app.command("again")
def again(number: int, as_json: terminal.Json = False, home: terminal.HomeFolder = None) -> None:
    """Let job NUMBER, which failed or was cancelled, go on where it was."""
    job = actions.try_again(queries.get_job(number), ACTOR, context.present())
    terminal.answer(payload(job), as_json=as_json, text=f"job {number} waits for a worker")


@app.command("work")
def work(home: terminal.HomeFolder = None) -> None:
    """Run jobs as they come, until ended. `up` runs one; more may run beside it."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: stopping.append(got))
    running.work(stopping)


def payload(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    names = ("kind", "title", "state", "done", "total", "result", "error", "created_at", "started_at", "finished_at")
    return {"id": job.pk, **{name: getattr(job, name) for name in names}}
