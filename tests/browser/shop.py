"""A small shop on loopback for the page tag: its pages, the tag as it is built, and what the tag sends, kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.browser.site import CHECKOUT

TAG = CHECKOUT / "src/cordiale/static/dist/tag.js"
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "sku": "W-12",
    "name": "Cahors",
    "category": "WINE",
    "brand": {"@type": "Brand", "name": "Clos"},
    "offers": {"@type": "Offer", "price": "12.50", "priceCurrency": "EUR"},
}
PAGES = {
    "/": "<h1>Shop</h1><button data-cordiale-event='Product Added' data-cordiale-product_id='12'"
    " data-cordiale-price='9.9'>Add</button>",
    "/product": f"<h1>Cahors</h1><script type='application/ld+json'>{json.dumps(PRODUCT)}</script>",
    "/guide": "<meta property='article:section' content='WINE'><meta property='article:tag' content='cellar'>"
    "<article><h1>Choosing a wine</h1>" + "<p>Long text.</p>" * 200 + "</article>",
}


@dataclass
class Shop:
    """Where it listens, how the tag is set, and what came in. `failing` answers are 503 before one is 200."""

    address: str = ""
    consent: str = "required"
    failing: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)

    def names(self) -> list[str]:
        """What happened, in order: the event's name, else the kind of call."""
        return [one.get("event") or one["type"] for one in self.received]


class _Handler(BaseHTTPRequestHandler):
    shop: Shop

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/tag.js":
            self._answer(200, TAG.read_bytes(), "text/javascript")
        elif path in PAGES:
            tag = f"<script async src='/tag.js' data-key='wk_shop' data-consent='{self.shop.consent}'></script>"
            text = f"<!doctype html><title>Page {path}</title><body>{PAGES[path]}{tag}</body>"
            self._answer(200, text.encode(), "text/html")
        else:
            self._answer(404, b"", "text/plain")

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.shop.failing:
            self.shop.failing -= 1
            self._answer(503, b"", "text/plain")
            return
        assert sent["writeKey"] == "wk_shop"
        self.shop.received += sent["batch"]
        self._answer(200, b"{}", "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def serving() -> Iterator[Shop]:
    """A shop that listens until the block ends."""
    shop = Shop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"shop": shop}))
    shop.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
