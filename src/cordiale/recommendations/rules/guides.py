"""Guided choice: questions whose answers weigh categories, brands and attributes, and bound the price. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cordiale.errors import CordialeError
from cordiale.insight.rules.phrases import mark as _
from cordiale.insight.rules.phrases import say
from cordiale.recommendations.rules import reading
from cordiale.recommendations.rules.reading import Part

SOURCE = "guides.yaml"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}\Z")
_NAMES = _("use lower-case letters, figures and hyphens")
_MOST = 30
Texts = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One possible answer, what it speaks for (weights by code; attributes as "key: value") and its price bounds."""

    name: str
    title: Texts
    categories: Mapping[str, float]
    brands: Mapping[str, float]
    attributes: Mapping[str, float]
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question; `several` answers may be chosen, or one."""

    name: str
    title: Texts
    several: bool
    choices: Mapping[str, Choice]


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A guide; without `categories` it may lead to any product."""

    name: str
    title: Texts
    intro: Texts
    categories: frozenset[str]
    questions: Mapping[str, Question]

    def chosen(self, answers: Mapping[str, Sequence[str]]) -> list[Choice]:
        """The choices that were made. Raises CordialeError for an answer the guide does not have."""
        found = []
        for name, values in answers.items():
            question = self.questions.get(name)
            if question is None:
                raise CordialeError(f"the guide has no question '{name}'; it has {', '.join(self.questions)}")
            if len(values) > 1 and not question.several:
                raise CordialeError(f"question '{name}' takes one answer, not {len(values)}")
            for value in dict.fromkeys(values):
                if value not in question.choices:
                    raise CordialeError(f"'{value}' is no answer to '{name}'; choose {', '.join(question.choices)}")
                found.append(question.choices[value])
        return found


@dataclass(frozen=True)
class Offered:
    """What a guide asks of a product."""

    category: str
    brand: str
    price: float | None
    attributes: Mapping[str, Any]


def match(guide: Guide, chosen: Sequence[Choice], product: Offered) -> tuple[float, list[Choice]] | None:
    """How well a product fits and which choices speak for it; None where it does not come into question.

    A product must be in the guide's categories, within the price bounds, and, once an answer weighs anything, be spoken
    for by one at least. A price that is not known fits no bound.
    """
    if guide.categories and product.category not in guide.categories:
        return None
    if not all(_within(one, product.price) for one in chosen):
        return None
    points = [(_points(one, product), one) for one in chosen]
    total = sum(point for point, _ in points)
    speaking = [one for point, one in points if point > 0]
    weighs = any(one.categories or one.brands or one.attributes for one in chosen)
    if total < 0 or (weighs and not speaking):
        return None
    return total, speaking + [one for _, one in points if one not in speaking and _bounds(one)]


def parse(loaded: Any, source: str = SOURCE) -> dict[str, Guide]:
    """The guides of a loaded document, by name. Raises Located where one is wrong."""
    guides = reading.document(loaded, source, ("guides",)).part("guides")
    return {name: _guide(name, part, guides) for name, part in guides.parts()}


def _guide(name: str, part: Part, above: Part) -> Guide:
    if not _NAME.match(name):
        raise above.refuse(name, say(_("'%(name)s' is no name of a guide"), name=name), _NAMES)
    part.only("title", "intro", "categories", "questions")
    questions = part.part("questions")
    if not 1 <= len(questions.values) <= _MOST:
        raise part.refuse("questions", say(_("a guide asks 1 to %(most)s questions"), most=_MOST))
    return Guide(
        name=name, title=part.texts("title"), intro=part.texts("intro", is_needed=False),
        categories=frozenset(part.names("categories")),
        questions={one: _question(one, inner, questions) for one, inner in questions.parts()},
    )  # fmt: skip


def _question(name: str, part: Part, above: Part) -> Question:
    if not _NAME.match(name):
        raise above.refuse(name, say(_("'%(name)s' is no name of a question"), name=name), _NAMES)
    part.only("title", "several", "choices")
    choices = part.part("choices")
    if not 1 <= len(choices.values) <= _MOST:
        raise part.refuse("choices", say(_("a question has 1 to %(most)s choices"), most=_MOST))
    return Question(
        name=name, title=part.texts("title"), several=part.flag("several", False),
        choices={one: _choice(one, inner) for one, inner in choices.parts()},
    )  # fmt: skip


def _choice(name: str, part: Part) -> Choice:
    part.only("title", "categories", "brands", "attributes", "price")
    price = part.part("price").only("at_least", "at_most")
    weights = {one: part.weights(one, -100, 100) for one in ("categories", "brands", "attributes")}
    return Choice(
        name=name, title=part.texts("title"), **weights, at_least=price.number("at_least", None, 0, 1e9),
        at_most=price.number("at_most", None, 0, 1e9),
    )  # fmt: skip


def _bounds(one: Choice) -> bool:
    return one.at_least is not None or one.at_most is not None


def _within(one: Choice, price: float | None) -> bool:
    if not _bounds(one):
        return True
    low, high = one.at_least or 0.0, float("inf") if one.at_most is None else one.at_most
    return price is not None and low <= price <= high


def _points(one: Choice, product: Offered) -> float:
    found = one.categories.get(product.category, 0.0) + one.brands.get(product.brand, 0.0)
    return found + sum(
        weight for pair, weight in one.attributes.items() if _has(product.attributes, *pair.partition(":")[::2])
    )


def _has(attributes: Mapping[str, Any], key: str, value: str) -> bool:
    there = attributes.get(key.strip())
    values = there if isinstance(there, list) else [there]
    return any(str(one).lower() == value.strip().lower() for one in values if one is not None)
