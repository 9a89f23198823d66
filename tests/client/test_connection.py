"""How the client behaves towards a server that is busy, gone, or answers something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from cordiale.client.connection import LONGEST_WAIT, Connection, Shape, part
from cordiale.client.errors import ApiError, Unreachable


class Answer(Shape, frozen=True, kw_only=True):
    total: int


class Server:
    """Answers what it is told to, one after the other, and remembers what it was asked and how long was waited."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(self, *, is_repeatable: bool = True) -> Answer:
        connection = Connection(
            "http://server", "k", timeout=1, attempts=3, transport=httpx.MockTransport(self), sleep=self.waited.append
        )
        return connection.call("POST", "/x", Answer, is_repeatable=is_repeatable)


def ok() -> httpx.Response:
    return httpx.Response(200, json={"total": 3, "of a newer server": 1})


def busy(retry_after: str = "") -> httpx.Response:
    return httpx.Response(503, json={"error": "try again"}, headers={"Retry-After": retry_after} if retry_after else {})


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_with_growing_waits(status: int) -> None:
    server = Server(httpx.Response(status), httpx.Response(status), ok())
    assert server.get().total == 3
    assert 0.25 <= server.waited[0] <= 0.5 <= server.waited[1] <= 1.0


def test_what_the_server_asks_to_wait_is_waited_but_not_for_ever() -> None:
    server = Server(busy("7"), busy("86400"), ok())
    server.get()
    assert server.waited == [7.0, LONGEST_WAIT]
    at = datetime.now(UTC) + timedelta(seconds=30)
    server = Server(busy(format_datetime(at, usegmt=True)), busy("soon"), ok())
    server.get()
    assert 25 < server.waited[0] <= 30
    assert server.waited[1] <= 1.0


def test_a_server_that_stays_busy_is_told_of_as_such() -> None:
    with pytest.raises(ApiError, match="try again") as refused:
        Server(busy(), busy(), busy()).get()
    assert refused.value.status == 503


def test_what_may_not_be_said_twice_is_said_once() -> None:
    server = Server(busy())
    with pytest.raises(ApiError):
        server.get(is_repeatable=False)
    cut = Server(httpx.ReadTimeout("cut"))
    with pytest.raises(Unreachable, match="cut"):
        cut.get(is_repeatable=False)
    assert len(server.asked) == len(cut.asked) == 1


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_a_server_that_was_never_reached_is_tried_again_in_any_case(is_repeatable: bool) -> None:
    server = Server(httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), ok())
    assert server.get(is_repeatable=is_repeatable).total == 3


def test_other_refusals_are_not_repeated() -> None:
    server = Server(httpx.Response(422, json={"error": "wrong", "line": 1, "column": 5, "hint": "city"}))
    with pytest.raises(ApiError) as refused:
        server.get()
    assert (refused.value.status, refused.value.line, refused.value.column, refused.value.hint) == (422, 1, 5, "city")
    assert server.waited == []


@pytest.mark.parametrize(
    "answer",
    [lambda: httpx.Response(500, text="<html>proxy</html>"), lambda: httpx.Response(200, json={"total": "many"})],
)
def test_what_is_no_answer_of_cordiale_is_an_error_with_its_first_words(answer: Callable[[], httpx.Response]) -> None:
    with pytest.raises(ApiError, match=r"proxy|total"):
        Server(answer()).get()


def test_the_key_is_sent_and_shown_in_no_error() -> None:
    server = Server(httpx.Response(401, json={"error": "no key"}))
    with pytest.raises(ApiError) as refused:
        server.get()
    assert server.asked[0].headers["Authorization"] == "Bearer k"
    assert "Bearer" not in str(refused.value)


def test_parts_of_addresses_are_escaped_and_never_empty() -> None:
    assert part("o/1 é?#") == "o%2F1%20%C3%A9%3F%23"
    for nothing in ("", ".", ".."):
        with pytest.raises(ValueError, match="names nothing"):
            part(nothing)
