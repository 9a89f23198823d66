"""The servers of pages and of events: a free port, the process, and when it answers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time

from cordiale.config import children
from cordiale.errors import CordialeError, Unavailable

PORTS_TRIED = 50


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port nobody listens on.

    Asked by binding without SO_REUSEPORT: granian binds with it, so a second server would start silently on a port
    that is taken and get half the requests.
    """
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise CordialeError(f"no free port between {wanted} and {wanted + PORTS_TRIED - 1}; choose another with --port")


def start_web(host: str, port: int, *, threads: int = 4) -> subprocess.Popen[bytes]:
    """Start the web server as a child. Its own log goes where ours goes; requests are not logged."""
    return children.start(
        [
            "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning",
            "cordiale.config.wsgi:application",
        ],
        stdout=sys.stderr.fileno(),
    )  # fmt: skip


def start_events(host: str, port: int, database: str) -> subprocess.Popen[bytes]:
    """Start the event API as a child: two processes where there are two cores, each with a connection of its own."""
    return children.start(
        [
            "granian", "--interface", "rsgi", "--host", host, "--port", str(port),
            "--workers", str(min(2, os.cpu_count() or 1)), "--runtime-threads", "1", "--loop", "uvloop", "--http", "1",
            "--no-ws", "--log-level", "warning", "cordiale.intake.app:app",
        ],
        adding={"CORDIALE_EVENTS_DATABASE": database},
        stdout=sys.stderr.fileno(),
    )  # fmt: skip


def wait_until_up(host: str, port: int, process: subprocess.Popen[bytes], *, seconds: float = 30) -> None:
    """Return once `/health` answers. Raises Unavailable when the process ends first or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(
                f"the web server ended with code {process.returncode} before it answered; see its log above"
            )
        if answers(host, port):
            return
        time.sleep(0.1)
    raise Unavailable(f"the web server did not answer on http://{host}:{port} within {seconds:.0f} s")


def answers(host: str, port: int) -> bool:
    """Does `/health` say 200?"""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
