"""The operations of `guides` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from cordiale.client.connection import Connection, Shape, part
from cordiale.client.groups.shared import Recommended


class ChoiceOut(Shape, frozen=True, kw_only=True):
    """A possible answer."""

    name: str
    title: dict[str, str]


class GuideOut(Shape, frozen=True, kw_only=True):
    """A guide. `address` is its public page; add `?c=<token>` of a customer to it so that it knows who answers."""

    name: str
    title: dict[str, str]
    intro: dict[str, str]
    address: str
    questions: list[QuestionOut]


class QuestionOut(Shape, frozen=True, kw_only=True):
    """A question; `several` answers may be given, or one."""

    name: str
    title: dict[str, str]
    several: bool
    choices: list[ChoiceOut]


class GuideAnswer(Shape, frozen=True, kw_only=True):
    """Products that fit, best first; whether the answers are kept; the customer's token for the public page."""

    guide: str
    remembered: bool
    token: str
    recommendations: list[Recommended]


class AnswersIn(Shape, frozen=True, kw_only=True):
    """The choices made, by question. With `customer` (reference or number) the own behaviour counts too;
    `remember` keeps the answers, for which the customer must have agreed to the sentence `agreed_to`.
    """

    answers: dict[str, list[str]]
    customer: str = ""
    remember: bool = False
    agreed_to: str = ""
    n: int = 6


class Guides:
    """`client.guides`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_guides(self) -> list[GuideOut]:
        """Guides. In the order of guides.yaml."""
        return self._connection.call("GET", "/api/v1/guides", list[GuideOut], is_repeatable=True)

    def get_guide(self, guide: str) -> GuideOut:
        """One guide with its questions. 404 for a name that is none."""
        return self._connection.call("GET", f"/api/v1/guides/{part(guide)}", GuideOut, is_repeatable=True)

    def answer_guide(
        self,
        guide: str,
        answers: dict[str, list[str]],
        *,
        customer: str = "",
        remember: bool = False,
        agreed_to: str = "",
        n: int = 6,
    ) -> GuideAnswer:
        """Products that fit some answers. Nothing is kept but for `remember`, which takes a customer and the sentence
        agreed to.
        """
        return self._connection.call(
            "POST",
            f"/api/v1/guides/{part(guide)}/answers",
            GuideAnswer,
            body=AnswersIn(answers=answers, customer=customer, remember=remember, agreed_to=agreed_to, n=n),
        )
