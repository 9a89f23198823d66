"""Segments over the API, with the key of a marketer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cordiale.accounts import keys
from cordiale.home import Home
from cordiale.segments import actions, queries
from cordiale.segments.models import Segment
from tests.segments.conftest import NOW

ROOT = "/api/v1/segments"


class Caller:
    """Asks and reads the answer."""

    def __init__(self, key: str) -> None:
        self._client, self._key = Client(), {"Authorization": f"Bearer {key}"}

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._read(self._client.get(ROOT + path, query, headers=self._key), status)

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self._client.generic(method, ROOT + path, json.dumps(body), "application/json", headers=self._key)
        return self._read(answer, status)

    def give(self, path: str, text: str, status: int = 200, **form: str) -> Any:
        file = SimpleUploadedFile("vip.csv", text.encode())
        return self._read(self._client.post(ROOT + path, {**form, "file": file}, headers=self._key), status)

    @staticmethod
    def _read(answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture
def api(snapshot: dict[str, int], fresh_home: Home) -> Caller:
    (fresh_home.run / "demo.json").write_text(json.dumps({"ends_at": NOW.isoformat(), "data": {"en": "test"}}))
    actions.save_segment("lyon", "city ilike 'lyon'", actor="test", now=NOW)
    actions.refresh(NOW - timedelta(minutes=1))
    return Caller(keys.add_key("tests", "marketer", actor="tests", now=NOW))


def test_a_segment_is_saved_changed_and_removed(api: Caller) -> None:
    body = {"expression": "has_email", "title": {"fr": "Joignables"}}
    assert api.send("PUT", "/mail", body)["revision"] == 1
    assert api.send("PUT", "/mail", {"expression": "has_phone"})["title"] == {"fr": "Joignables"}
    assert "did you mean 'has_phone'" in json.dumps(api.send("PUT", "/mail", {"expression": "has_fone"}, 422))
    api.send("DELETE", "/mail", status=204)
    assert not Segment.objects.filter(name="mail").exists()
    api.send("DELETE", "/mail", status=404)


def test_a_tree_is_counted_and_written_out(api: Caller) -> None:
    tree = {"type": "not", "part": {"type": "segment", "name": "lyon"}}
    found = api.send("POST", "/counts", {"tree": tree})
    assert (found["expression"], found["tree"], found["matching"]) == ("not in_segment('lyon')", tree, 3)
    assert [one["path"] for one in found["rules"]] == ["", "part"]
    assert found["sentence"]["en"].startswith("NOT")
    refused = api.send("POST", "/counts", {"tree": {"type": "segment", "name": "lion"}}, 422)
    assert "did you mean 'lyon'" in json.dumps(refused)
    api.send("POST", "/counts", {"tree": tree, "expression": "true"}, 422)
    api.send("POST", "/counts", {"tree": {"type": "all", "parts": [tree] * 401}}, 422)


def test_history_moves_and_members_of_a_day(api: Caller) -> None:
    assert api.get("/lyon/history")["days"] == [{"day": "2026-11-16", "size": 2, "entered": 2, "left": 0}]
    moves = api.get("/lyon/moves", since=(NOW - timedelta(days=1)).isoformat())["moves"]
    assert [(one["customer_id"], one["kind"]) for one in moves] == [(1, "entered"), (5, "entered")]
    api.get("/lyon/moves", 422, since="2026-11-16T09:00:00")
    assert api.get("/lyon/members", on="2026-11-16")["total"] == 2
    assert api.get("/lyon/members", on="2026-11-15")["total"] == 0


def test_overlap_reach_and_catalogue(api: Caller) -> None:
    actions.save_segment("mail", "has_email", actor="test", now=NOW)
    found = api.get("/overlap", names=["lyon", "mail"])
    assert {"names": ["lyon", "mail"], "customers": 1} in found["intersections"]
    api.get("/overlap", 404, names=["lyon", "nope"])
    offers = [one for one in api.get("/mail/reach")["reach"] if (one["purpose"], one["channel"]) == ("offers", "email")]
    assert [one["customers"] for one in offers] == [2]
    words = {one["name"]: one["title"] for one in api.get("/catalogue", language="fr")["fields"]}
    assert words["city"] == "ville"


def test_a_list_comes_from_a_file(api: Caller) -> None:
    done = api.give("/vip/list", "id\n1\n99\n")
    assert (done["added"], done["not_found"], done["missing"][0]["said"]) == (1, 1, "99")
    assert api.give("/vip/list", "id\n2\n", how="add")["size"] == 2
    assert queries.members("vip", NOW).customer_ids == [1, 2]
    assert "No column says" in json.dumps(api.give("/vip/list", "name\nx\n", 422))


@pytest.mark.parametrize(("verb", "path", "body"), [
    ("POST", "/count", {"expression": "city = '\ud800'"}), ("POST", "/count", {"expression": "city = '\x00'"}),
    ("POST", "/counts", {"tree": {"type": "like", "value": {"type": "field", "name": "city"}, "pattern": "\ud800"}}),
    ("POST", "/counts", {"tree": {"type": "listed", "name": "nobody"}}), ("POST", "/counts", {"tree": {}}),
    ("POST", "/counts", {"tree": {"type": "compare", "sign": "=", "left": {"type": "number", "value": float("nan")},
                                  "right": {"type": "number", "value": 1}}}),
    ("POST", "/counts", {"tree": {"type": "sample", "share": 10**30, "name": "x"}}), ("POST", "/counts", {}),
    ("POST", "/counts", {"expression": "true", "tree": {"type": "always", "holds": True}}),
    ("PUT", "/mail", {"expression": "true", "title": {"fr": "\ud83d"}}), ("PUT", "/-x", {"expression": "true"}),
    ("PUT", "/mail", {"expression": "true", "title": {"fr": "a\x00b"}}),
    ("PUT", "/lyon", {"expression": "in_segment('lyon')"}), ("PUT", "/mail", {"expression": " " * 20_000}),
])  # fmt: skip
def test_whatever_a_program_sends_is_answered_in_words(api: Caller, verb: str, path: str, body: Any) -> None:
    assert api.send(verb, path, body, 422)
    assert Segment.objects.count() == 1


def test_a_tree_that_names_a_segment_gone_wrong_is_refused_at_its_node(api: Caller) -> None:
    Segment.objects.filter(name="lyon").update(expression="gone_trait > 3")
    tree = {"type": "all", "parts": [{"type": "flag", "field": "has_email"},
                                     {"type": "not", "part": {"type": "segment", "name": "lyon"}}]}  # fmt: skip
    said = json.dumps(api.send("POST", "/counts", {"tree": tree}, 422))
    assert "parts/1/part" in said
    assert "gone_trait" in said
    assert "gone_trait" in json.dumps(api.get("/lyon/members", 422))
