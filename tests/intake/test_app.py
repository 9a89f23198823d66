"""What the event API answers."""

from __future__ import annotations

import gzip
import json
import socket
import zlib

import pytest

from cordiale.intake import actions, calls
from cordiale.intake.models import Inbox, Source
from tests.intake.serving import EventServer, basic, track, tracks, until, zipped

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "https://www.example.fr"


def test_what_is_acknowledged_is_in_the_database(server: EventServer, source: Source) -> None:
    answer = server.batch(source.write_key, *tracks(range(3)))
    assert (answer.status, answer.json) == (200, {"success": True, "accepted": 3, "errors": []})
    assert Inbox.objects.count() == 3
    kept = Inbox.objects.order_by("id")[0]
    assert json.loads(bytes(kept.payload)) == track(0)


@pytest.mark.parametrize("path", ["/v1/track", "/v1/t"])
def test_one_event_may_come_alone(server: EventServer, source: Source, path: str) -> None:
    assert server.post(path, {"userId": "ana", "event": "Viewed"}, source.write_key).status == 200
    refused = server.post(path, {"userId": "ana"}, source.write_key)
    assert (refused.status, refused.problems) == (400, [(0, "event")])


NEEDED = {"group": {"groupId": "g"}, "alias": {"previousId": "b"}}


@pytest.mark.parametrize("kind", ["identify", "page", "screen", "group", "alias"])
def test_every_kind_of_call_has_its_path_and_its_short_one(server: EventServer, source: Source, kind: str) -> None:
    for path in (kind, kind[0]):
        event = {"userId": "ana", **NEEDED.get(kind, {})}
        assert server.post(f"/v1/{path}", event, source.write_key).status == 200
    assert [calls.KINDS[row.kind] for row in Inbox.objects.all()] == [kind, kind]


def test_other_paths_of_the_clients_answer(server: EventServer, source: Source) -> None:
    assert server.post("/v1/import", {"batch": tracks(range(2))}, source.write_key).json["accepted"] == 2
    assert server.post("/v1/m", {"series": []}).status == 200
    assert server.post("/v1/shout", {}, source.write_key).status == 404
    assert server.request("GET", "/v1/batch").status == 404
    assert server.request("PUT", "/v1/batch").status == 405


def test_bad_items_are_told_beside_accepted_ones(server: EventServer, source: Source) -> None:
    answer = server.batch(source.write_key, track(1), {**track(2), "event": ""}, track(3), {"type": "track"})
    assert (answer.status, answer.json["accepted"], answer.problems) == (200, 2, [(1, "event"), (3, "userId")])
    none = server.batch(source.write_key, {"type": "track"})
    assert (none.status, none.json["success"], none.json["accepted"]) == (400, False, 0)


def test_only_a_key_in_use_opens(server: EventServer, source: Source, now: object) -> None:
    assert server.post("/v1/batch", {"batch": tracks(range(1))}, "wk_other").status == 401
    assert server.post("/v1/batch", {"batch": tracks(range(1))}).status == 401
    assert server.post("/v1/track", track(1), Authorization="Bearer x").status == 401
    lower = basic(source.write_key).replace("Basic", "basic")
    assert server.post("/v1/track", track(1), Authorization=lower).status == 200
    actions.revoke_source(source.name, actor="test", now=source.created_at)
    until(lambda: server.post("/v1/track", track(2), source.write_key).status == 401)


def test_a_browser_may_carry_its_key_in_the_body(server: EventServer, site: Source) -> None:
    body = json.dumps({"batch": tracks(range(2)), "writeKey": site.write_key}).encode()
    answer = server.post("/v1/batch", body, Origin=ORIGIN, Content_Type="text/plain")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert server.post("/v1/t", {**track(9), "writeKey": site.write_key}, Origin=ORIGIN).status == 200
    beacon = f"/beacon/v1/batch?writeKey={site.write_key}"
    assert server.post(beacon, {"batch": tracks(range(2))}, Origin=ORIGIN).status == 200


def test_pages_of_other_origins_are_kept_out(server: EventServer, site: Source) -> None:
    until(lambda: server.post("/v1/track", track(1), site.write_key).status == 200)
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = server.request("OPTIONS", "/v1/t", headers={"Origin": ORIGIN, **asked})
    assert allowed.status == 200
    assert allowed.headers["access-control-allow-headers"] == "authorization,content-type"
    assert server.request("OPTIONS", "/v1/t", headers={"Origin": "https://evil.example", **asked}).status == 403
    stranger = server.post("/v1/track", track(2), site.write_key, Origin="https://evil.example")
    assert stranger.status == 403
    assert "access-control-allow-origin" not in stranger.headers
    assert Inbox.objects.count() == 1


def test_the_browser_client_finds_its_settings(server: EventServer, site: Source) -> None:
    answer = server.request("GET", f"/v1/projects/{site.write_key}/settings", headers={"Origin": ORIGIN})
    segment = answer.json["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == (f"127.0.0.1:{server.port}/v1", "http")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert server.request("GET", "/v1/projects/wk_other/settings").status == 404


def test_rudderstacks_browser_client_finds_its_configuration(server: EventServer, site: Source) -> None:
    query = f"p=npm&v=3.0.0&build=modern&writeKey={site.write_key}&lockIntegrationsVersion=false"
    named = {"Origin": ORIGIN, "Authorization": basic(site.write_key)}
    for answer in (
        server.request("GET", f"/sourceConfig/?{query}", headers={"Origin": ORIGIN}),
        server.request("GET", "/sourceConfig", headers=named),
    ):
        told = answer.json["source"]
        assert (answer.status, told["id"], told["destinations"]) == (200, str(site.pk), [])
        assert not told["config"]["statsCollection"]["errors"]["enabled"]
        assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert server.request("GET", "/sourceConfig/?writeKey=wk_other").status == 401
    assert server.request("GET", "/sourceConfig/").status == 401


def test_compressed_bodies_are_read(server: EventServer, source: Source) -> None:
    body = zipped({"batch": tracks(range(500))})
    assert server.post("/v1/batch", body, source.write_key, Content_Encoding="gzip").json["accepted"] == 500


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (zipped({"batch": tracks(range(9))})[:-20], "gzip", 400),
        (gzip.compress(b"x" * 50_000_000), "gzip", 413),
        (zlib.compress(b"{}"), "deflate", 415),
        (b"{" * 500, "identity", 400),
        (b'{"batch": 7}', "identity", 400),
        (b"[1]", "identity", 400),
        (b'{"batch":[' + b"[" * 100_000 + b"]}", "identity", 400),
        (b" " * 512_001, "identity", 413),
        (b"", "identity", 400),
    ],
)
def test_what_cannot_be_read_is_refused(
    server: EventServer, source: Source, body: bytes, encoding: str, status: int
) -> None:
    answer = server.post("/v1/batch", body, source.write_key, Content_Encoding=encoding)
    assert (answer.status, answer.json["accepted"]) == (status, 0)
    assert answer.json["message"]
    assert server.request("GET", "/health").status == 200


def test_a_body_without_length_is_read_only_so_far(server: EventServer, source: Source) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(
            f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(source.write_key)}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        try:
            for _ in range(100):
                raw.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            answer = raw.recv(4_096)
        except ConnectionResetError:
            return
    assert answer.startswith(b"HTTP/1.1 413")


def test_the_page_shows_what_was_sent_and_refused(server: EventServer, source: Source) -> None:
    server.batch(source.write_key, track(1), {"type": "track"})
    found = until(lambda: Source.objects.filter(pk=source.pk).exclude(last_error="").first())
    assert found.last_error == "userId: give userId or anonymousId"
    hour = found.hours.get()
    assert (hour.taken, hour.refused) == (1, 1)
