"""The command line: a table of contents. Each package's `commands.py` holds its commands.

Exit codes: 0 done, 1 refused or failed with one line on standard error, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cordiale import errors, home
from cordiale.config import postgres

_WITHOUT_DATABASE = frozenset({"down", "status", "check", "test"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _choose_home(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cordiale.config.settings")
    try:
        code = _run(words)
    except errors.CordialeError as error:
        code = _fail(str(error))
    except KeyboardInterrupt:
        code = 130
    finally:
        _leave()
    sys.exit(code)


def _run(words: list[str]) -> int:
    import django  # noqa: PLC0415 - `--home` must be known before settings are read

    django.setup()
    from django.db import InterfaceError, OperationalError  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    from cordiale.config.commands import cli  # noqa: PLC0415 - commands import models: after django.setup()

    translation.activate("en")  # as everything else the command line says
    try:
        if words and words[0] in cli.commands and words[0] not in _WITHOUT_DATABASE and "--help" not in words:
            _open_database()
        cli(words, prog_name="cordiale")
    except SystemExit as leave:  # how Typer says 0 for done, 2 for wrong usage
        return leave.code if isinstance(leave.code, int) else 1
    except (OperationalError, InterfaceError) as error:
        reason = str(error).strip().splitlines()[0]
        return _fail(f"PostgreSQL stopped answering ({reason}); call the same command again, it takes up where it was")
    return 0


def _open_database() -> None:
    from django.core.management import call_command  # noqa: PLC0415

    postgres.hold(home.current())
    if _migrations_are_missing():
        call_command("migrate", verbosity=0, interactive=False)


def _migrations_are_missing() -> bool:
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _choose_home(words: list[str]) -> None:
    for place, word in enumerate(words):
        value = None
        if word == "--home" and place + 1 < len(words):
            value = words[place + 1]
        elif word.startswith("--home="):
            value = word.removeprefix("--home=")
        if value:
            os.environ["CORDIALE_HOME"] = str(Path(value).expanduser().resolve())


def _leave() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    postgres.release(home.current())


def _fail(message: str) -> int:
    sys.stderr.write(f"cordiale: {message}\n")
    return 1
