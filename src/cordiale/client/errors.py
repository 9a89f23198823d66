"""What can go wrong with a call: the server's refusal, or no answer at all."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one value: where it stands (`body.orders.0.at`) and why it cannot be taken."""

    place: str
    message: str


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    error: str
    line: int | None = None
    column: int | None = None
    hint: str = ""
    problems: list[Fault] = []


class ClientError(Exception):
    """Any call that did not succeed."""


class Unreachable(ClientError):
    """The server did not answer, in spite of trying again. What was sent may or may not have been taken."""


class ApiError(ClientError):
    """The server refused, with the reason.

    `status` is the HTTP status. `line`, `column` and `hint` where a text somebody wrote (a segment's expression) is
    wrong; `problems` where values of the request are.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
        problems: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint
        self.problems = problems


def from_answer(status: int, content: bytes) -> ApiError:
    """The refusal in an answer; of something between us and the server (a proxy), its first words."""
    try:
        said = msgspec.json.decode(content, type=_Problem)
    except msgspec.MsgspecError:
        text = " ".join(content.decode(errors="replace").split())[:200]
        return ApiError(status, text or "an answer without a reason")
    return ApiError(
        status, said.error, line=said.line, column=said.column, hint=said.hint, problems=tuple(said.problems)
    )
