"""`./cordiale demo`: the main job on real data, then its pages."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Annotated

import typer

from cordiale import clock, home
from cordiale.company import company
from cordiale.config import children, processes, serving
from cordiale.errors import CordialeError, Unavailable
from cordiale.ui import terminal

HOST = "127.0.0.1"
WEEKS = 8


def demo(
    once: Annotated[bool, typer.Option("--once", help="Do the job and end, without serving the pages.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start over: empty this demo's home first.")] = False,
    port: processes.Port = 8000,
    days: Annotated[int, typer.Option(min=1, max=300, help="Days to run through the engine.")] = WEEKS * 7,
    households: Annotated[int | None, typer.Option(min=10, help="Take only the first so many households.")] = None,
    today: Annotated[
        str | None, typer.Option(help="Pretend today is this day (YYYY-MM-DD).", show_default=False)
    ] = None,
    json_: terminal.Json = False,
    home_: terminal.HomeFolder = None,
) -> None:
    """Load real customers, run eight weeks of programmes, say what happened, open the pages."""
    from cordiale.demo import actions, summary  # noqa: PLC0415 - they load every package; other commands need not

    processes.refuse_while_running(home.current())
    with processes.alone(home.current(), "demo"):
        if reset:
            actions.reset()
        state = actions.prepare(days=days, sample=households, today=_day(today))
        actions.run(state)
        figures = summary.summary(state)
    terminal.answer(figures, as_json=json_, text=lambda: summary.as_text(figures))
    if not once:
        _serve(port, actions.sign_in_link, lambda step: actions.learn(state, step))


def _day(text: str | None) -> date:
    if text is None:
        return clock.local_day(clock.now(), company().zone)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CordialeError(f"'{text}' is not a day; write it as 2026-11-22") from error


class _Ended(Exception):
    """Somebody asked us to end, or the web server did."""


def _serve(wanted: int, sign_in_link: Callable[[], str], meanwhile: Callable[[Callable[[], None]], None]) -> None:
    """Serve until Ctrl-C, and do `meanwhile`. The page opens in a browser where there is a screen."""
    port = serving.free_port(HOST, wanted)
    if port != wanted:
        terminal.errors.print(f"Port {wanted} is taken; the pages are on {port}.")
    address = f"http://{HOST}:{port}"
    os.environ["CORDIALE_BASE_URL"] = address
    web = serving.start_web(HOST, port)
    try:
        serving.wait_until_up(HOST, port, web)
        link = address + sign_in_link()
        terminal.errors.print(f"\nPages: {address}\nSign in (once): {link}\nEnd with Ctrl-C.", soft_wrap=True)
        if sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(link)
        _wait(web, meanwhile)
    finally:
        children.end(web)


def _wait(web: subprocess.Popen[bytes], meanwhile: Callable[[Callable[[], None]], None]) -> None:
    stopping = processes.on_signal()

    def step() -> None:
        if stopping or web.poll() is not None:
            raise _Ended

    with suppress(_Ended):
        meanwhile(step)
    while not stopping:
        if web.poll() is not None:
            raise Unavailable(f"the web server ended with code {web.returncode}; start the demo again")
        time.sleep(0.2)
