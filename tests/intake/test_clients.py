"""The unmodified official clients over a bad network: every event arrives, and counts once."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import segment.analytics
from django.db import connection

from cordiale.customers.models import Customer
from cordiale.intake import actions, queries
from cordiale.intake.models import Source
from cordiale.lake import open_lake
from tests.browser import site as places
from tests.browser.conftest import HOW_TO_GET_ONE
from tests.intake.proxy import Proxy
from tests.intake.serving import EventServer, database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CLIENTS = Path(__file__).parent / "clients"
NODE = shutil.which("node")
SENT = 60


@pytest.fixture(scope="session")
def modules() -> Path:
    """The clients as npm installs them from the lock file."""
    npm = shutil.which("npm")
    if NODE is None or npm is None:
        pytest.skip("Node and npm are needed for the JavaScript clients")
    folder = CLIENTS / "node_modules"
    lock = CLIENTS / "package-lock.json"
    made = folder / ".package-lock.json"
    if not made.exists() or made.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=CLIENTS, check=True, capture_output=True, timeout=300)
        made.touch()
    return folder


@pytest.fixture
def fragile(source: Source) -> Iterator[EventServer]:
    """An event API of the test's own, that may be killed."""
    server = EventServer(database()).start()
    yield server
    server.end()


def bad_network(server: EventServer) -> Proxy:
    """Three answers are lost, then the event API is killed and started again, in the middle of it all."""

    def restart() -> None:
        server.kill()
        threading.Timer(0.3, partial(server.start, wait=False)).start()

    return Proxy(server.port, lose=3, then=restart)


def recorded(now: datetime) -> Counter[str]:
    """Names of the events in the lake after a flush; the numbers sent are checked on the way."""
    flushed = actions.flush(now)
    assert flushed.duplicates > 0
    rows = open_lake().query("SELECT name, properties FROM events").to_pylist()
    numbers = sorted(json.loads(row["properties"])["i"] for row in rows if row["name"] == "Sent")
    assert numbers == list(range(SENT))
    assert queries.count().acknowledged == len(rows)
    return Counter(row["name"] for row in rows)


OTHERS = {"Identified": 1, "Page Viewed": 1, "Screen Viewed": 1, "Group Joined": 1, "Alias Created": 1}


@pytest.mark.parametrize("script", ["node_send.js", "rudder_send.js"])
def test_node_clients_lose_nothing_and_send_nothing_twice(
    fragile: EventServer, source: Source, modules: Path, now: datetime, script: str
) -> None:
    assert NODE
    with bad_network(fragile) as network:
        words = [NODE, script, network.address, source.write_key, str(SENT)]
        subprocess.run(words, cwd=CLIENTS, check=True, capture_output=True, timeout=120)
        assert network.lost == 3
    assert recorded(now) == {"Sent": SENT, **OTHERS}
    una = Customer.objects.get(reference="u1")
    assert (una.first_name, una.email) == ("Una", "u1@example.fr")


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_python_client_loses_nothing_and_sends_nothing_twice(
    fragile: EventServer, source: Source, now: datetime, gzip: bool
) -> None:
    with bad_network(fragile) as network:
        client = segment.analytics.Client(
            source.write_key, host=network.address, upload_size=5, upload_interval=0.05, gzip=gzip, max_retries=20
        )
        for number in range(SENT):
            client.track(f"u{number}", "Sent", {"i": number})
        client.identify("u1", {"email": "u1@example.fr", "firstName": "Una"})
        client.group("u1", "g1", {"plan": "gold"})
        client.alias("b2", "u1")
        client.page("u1", None, "Home")
        client.screen("u1", None, "Basket")
        client.flush()
        client.join()
    assert recorded(now) == {"Sent": SENT, **OTHERS}


class _Site(SimpleHTTPRequestHandler):
    """A page that loads the client, and the client's own files."""

    page = b""

    def do_GET(self) -> None:
        if self.path.split("?")[0] != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def knows(server: EventServer, write_key: str) -> bool:
    """Does it take this new key? It looks for keys it does not know at most every few seconds."""
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    asked.request("GET", f"/sourceConfig/?writeKey={write_key}")
    try:
        return asked.getresponse().status == 200
    finally:
        asked.close()


HEAD = """<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script src="/index.js"></script>"""
SEGMENT = "<script>const analytics = AnalyticsNext.AnalyticsBrowser.load({writeKey: '%s', cdnURL: '%s'}, %s)</script>"
RUDDERSTACK = """<script>const analytics = new rudderanalytics.RudderAnalytics()
const [key, address, options] = ['%s', '%s', %s]
analytics.load(key, address, {configUrl: address, ...options})</script>"""
SEND = """async (count) => {
  await analytics.page('Home')
  for (let i = 0; i < count; i++) await analytics.track('Sent', {i})
  await analytics.identify('u1', {email: 'u1@example.fr', firstName: 'Una'})
}"""
STANDARD: dict[str, Any] = {}
BATCHING = {"integrations": {"Segment.io": {"deliveryStrategy": {"strategy": "batching", "config": {"size": 10}}}}}
ANALYTICS_NEXT = Path("@segment", "analytics-next", "dist", "umd")
ANALYTICS_JS = Path("@rudderstack", "analytics-js", "dist", "npm", "modern", "bundled", "umd")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("client", "load", "options"),
    [
        (ANALYTICS_NEXT, SEGMENT, STANDARD),
        (ANALYTICS_NEXT, SEGMENT, BATCHING),
        (ANALYTICS_JS, RUDDERSTACK, STANDARD),
    ],
)
def test_browser_clients_lose_nothing_and_send_nothing_twice(
    fragile: EventServer, modules: Path, fresh_home: object, now: datetime,
    client: Path, load: str, options: dict[str, Any],
) -> None:  # fmt: skip
    from playwright.sync_api import sync_playwright

    chromium = places.find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_GET_ONE)
    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(modules / client)))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_address[1]}"
    source = actions.add_source("site", kind="browser", origins=[address], actor="test", now=now)
    connection.close()
    until(lambda: knows(fragile, source.write_key), 60)
    with bad_network(fragile) as network, sync_playwright() as playwright:
        _Site.page = (HEAD + load % (source.write_key, network.address, json.dumps(options))).encode()
        browser = playwright.chromium.launch(executable_path=chromium, args=list(places.CHROMIUM_FLAGS))
        page = browser.new_page()
        page.goto(address)
        page.evaluate(SEND, SENT)
        for _ in range(600):
            if accepted(source) >= SENT + 2:
                break
            page.wait_for_timeout(100)
        browser.close()
    site.shutdown()
    site.server_close()
    assert recorded(now) == {"Sent": SENT, "Page Viewed": 1, "Identified": 1}
    assert Customer.objects.get(reference="u1").first_name == "Una"


def accepted(source: Source) -> int:
    """Different events that wait; asked in a thread, for a browser's loop runs in this one."""
    found: list[int] = []

    def ask() -> None:
        found.append(queries.count().waiting)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]
