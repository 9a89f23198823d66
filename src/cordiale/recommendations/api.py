"""`/api/v1/recommendations` and `/api/v1/guides`: products, what each customer may want next, guided choice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.customers.queries import get_customer
from cordiale.errors import Refused
from cordiale.recommendations import catalogue, fits, guidance, links, queries, rulebooks, words
from cordiale.recommendations.models import Fit, Product
from cordiale.recommendations.queries import Affinities, Recommendation
from cordiale.recommendations.rules.guides import Guide
from cordiale.ui.context import present

router = Router(tags=["recommendations"], auth=KeyAuth("insight.see"))
guides_router = Router(tags=["guides"], auth=KeyAuth("insight.see"))
_EDIT = KeyAuth("insight.edit")
_REFUSALS: dict[int, Any] = {404: Problem, 422: Problem}
_AT_ONCE = 1_000
Code = Annotated[str, Field(max_length=200)]
Texts = dict[str, str]


class ProductIn(Schema):
    """What is told of a product; a field that is left out stays as it is. `margin` is a share of the price (0.3)."""

    id: str
    titles: Texts | None = None
    category: str | None = None
    department: str | None = None
    brand: str | None = None
    price: float | None = None
    margin: float | None = None
    is_in_stock: bool | None = None
    is_excluded: bool | None = None
    url: str | None = None
    image: str | None = None
    attributes: dict[str, str | float | bool | list[str]] | None = None


class ProductsIn(Schema):
    """At most 1 000 products."""

    products: Annotated[list[ProductIn], Field(max_length=_AT_ONCE)]


class ProductProblem(Schema):
    """A product that was not taken: its number among those sent (from 0), its id, and why."""

    row: int
    id: str
    error: str


class ProductsTaken(Schema):
    """What became of them. Those with a problem were left as they are, the others taken."""

    new: int
    changed: int
    unchanged: int
    problems: list[ProductProblem]


class ProductOut(Schema):
    """A product as it is known. `source` says who told last: `orders` where only order lines did."""

    id: str
    titles: Texts
    category: str
    department: str
    brand: str
    price: float | None
    margin: float | None
    is_in_stock: bool
    is_excluded: bool
    url: str
    image: str
    attributes: dict[str, Any]
    source: str
    updated_at: datetime


class ProductList(Schema):
    """A page of products by id, and how many there are."""

    total: int
    page: int
    products: list[ProductOut]


class Recommended(Schema):
    """A product, its title and the reason for it by language, and what kind of reason that is."""

    product: ProductOut
    title: Texts
    reason: Texts
    kind: Literal["again", "with", "taste", "viewed", "interest", "guide", "popular"]
    score: float


class AffinityOut(Schema):
    """A category or topic with its share (0–1) of the interest shown."""

    name: str
    share: float
    bought: int
    seen: int


class RecommendedFor(Schema):
    """What a customer may want next, best first, and what they care for. Empty while their data is restricted."""

    customer: str
    recommendations: list[Recommended]
    categories: list[AffinityOut]
    topics: list[AffinityOut]


class ModelOut(Schema):
    """The model in force. `gate`: what was too little for more than popularity. `report`: NDCG@10, with
    intervals of 95 %, of it and its rivals on the last `horizon` days, foretold from those before."""

    number: int
    fitted_at: datetime
    method: str
    products: int
    customers: int
    orders: int
    gate: list[dict[str, Any]]
    report: dict[str, Any]
    tuning: dict[str, Any]
    seconds: float


class FitAsked(Schema):
    """The job that fits the model."""

    job: int


class ChoiceOut(Schema):
    """A possible answer."""

    name: str
    title: Texts


class QuestionOut(Schema):
    """A question; `several` answers may be given, or one."""

    name: str
    title: Texts
    several: bool
    choices: list[ChoiceOut]


class GuideOut(Schema):
    """A guide. `address` is its public page; add `?c=<token>` of a customer to it so that it knows who answers."""

    name: str
    title: Texts
    intro: Texts
    address: str
    questions: list[QuestionOut]


class AnswersIn(Schema):
    """The choices made, by question. With `customer` (reference or number) the own behaviour counts too; `remember`
    keeps the answers, for which the customer must have agreed to the sentence `agreed_to`."""

    answers: dict[str, list[str]]
    customer: str = ""
    remember: bool = False
    agreed_to: Annotated[str, Field(max_length=1_000)] = ""
    n: Annotated[int, Field(ge=1, le=queries.MOST)] = guidance.SHOWN


class GuideAnswer(Schema):
    """Products that fit, best first; whether the answers are kept; the customer's token for the public page."""

    guide: str
    remembered: bool
    token: str
    recommendations: list[Recommended]


@router.get("/customers/{path:customer}", response={200: RecommendedFor, 404: Problem}, summary="Next best products")
def of_customer(
    request: HttpRequest,
    customer: str,
    n: Annotated[int, Query(ge=1, le=queries.MOST)] = 10,
    wanted: Annotated[Literal["all", "new", "again"], Query()] = "all",
) -> dict[str, Any]:
    """`customer` is a reference or our number. `wanted`: all, only new to the customer, or only bought again."""
    found, now = get_customer(customer), present()
    chosen = queries.recommend([found.pk], n, now, wanted)[0]
    return {"customer": found.reference, **as_json(chosen, queries.affinities([found.pk], now)[0])}


@router.put("/products", response={200: ProductsTaken, 422: Problem}, auth=_EDIT, summary="Tell of products",
            openapi_extra={"x-repeatable": True})  # fmt: skip
def put_products(request: HttpRequest, given: ProductsIn) -> dict[str, Any]:
    """Telling the same again changes nothing."""
    rows = [one.dict(exclude_unset=True) for one in given.products]
    cleaned = [{name: value for name, value in row.items() if value is not None or name in _EMPTIED} for row in rows]
    taken = catalogue.tell(cleaned, source=key_of(request), actor=key_of(request), now=present())
    problems = [{"row": one.row, "id": one.id, "error": one.reason} for one in taken.faults]
    return {"new": taken.new, "changed": taken.changed, "unchanged": taken.unchanged, "problems": problems}


@router.get("/products", response=ProductList, summary="Products")
def list_products(
    request: HttpRequest, text: Annotated[str, Query(max_length=200)] = "", page: Annotated[int, Query(ge=1)] = 1
) -> dict[str, Any]:
    """50 a page, by id; `text` is part of an id, a title, a category or a brand."""
    found = Paginator(catalogue.products(text.replace("\0", "")), 50)
    shown = found.page(page).object_list if page <= found.num_pages else []
    return {"total": found.count, "page": page, "products": [product_as_json(one) for one in shown]}


@router.get("/model", response={200: ModelOut, 404: Problem}, summary="The model in force")
def get_model(request: HttpRequest) -> dict[str, Any]:
    """404 before the first fit."""
    return model_as_json(fits.get_fit())


@router.post("/model/fit", response={202: FitAsked, 422: Problem}, auth=_EDIT, summary="Fit the model anew",
             openapi_extra={"x-repeatable": True})  # fmt: skip
def ask_fit(request: HttpRequest) -> Status[Any]:
    """A job; while one waits or runs, that one."""
    return Status(202, {"job": fits.ask(key_of(request), present()).pk})


@guides_router.get("", response=list[GuideOut], summary="Guides")
def list_guides(request: HttpRequest) -> list[dict[str, Any]]:
    """In the order of guides.yaml."""
    return [guide_as_json(one) for one in rulebooks.guides().values()]


@guides_router.get("/{guide}", response={200: GuideOut, 404: Problem}, summary="One guide with its questions")
def get_guide(request: HttpRequest, guide: str) -> dict[str, Any]:
    """404 for a name that is none."""
    return guide_as_json(rulebooks.get_guide(guide))


@guides_router.post("/{guide}/answers", response={200: GuideAnswer, **_REFUSALS}, auth=KeyAuth("customers.edit"),
                    summary="Products that fit some answers")  # fmt: skip
def answer_guide(request: HttpRequest, guide: str, given: AnswersIn) -> dict[str, Any]:
    """Nothing is kept but for `remember`, which takes a customer and the sentence agreed to."""
    found, now = rulebooks.get_guide(guide), present()
    if given.remember and not (given.customer and given.agreed_to.strip()):
        raise Refused("to remember answers, say whose they are (customer) and what was agreed to (agreed_to)")
    customer = get_customer(given.customer) if given.customer else None
    chosen = guidance.answer(found, given.answers, now, customer_id=customer.pk if customer else None, n=given.n)
    kept = bool(given.remember and customer)
    if kept and customer:
        guidance.remember(found, given.answers, customer.pk, now, wording=given.agreed_to.strip())
    token = links.token(customer.pk) if customer else ""
    return {
        "guide": guide,
        "remembered": kept,
        "token": token,
        "recommendations": [_recommended(one) for one in chosen],
    }


def as_json(chosen: list[Recommendation], cared: Affinities) -> dict[str, Any]:
    """Recommendations and affinities of one customer, for programs."""
    return {
        "recommendations": [_recommended(one) for one in chosen],
        "categories": [vars(one) for one in cared.categories],
        "topics": [vars(one) for one in cared.topics],
    }


def product_as_json(one: Product) -> dict[str, Any]:
    """A product, for programs."""
    names = ("id", *catalogue.FIELDS, "source", "updated_at")
    return {name: getattr(one, name) for name in names} | {"price": None if one.price is None else float(one.price)}


def model_as_json(fit: Fit) -> dict[str, Any]:
    """A version of the model, for programs."""
    names = ("fitted_at", "method", "products", "customers", "orders", "gate", "report", "tuning", "seconds")
    return {"number": fit.pk, **{name: getattr(fit, name) for name in names}}


def guide_as_json(guide: Guide) -> dict[str, Any]:
    """A guide as it asks, without what its answers weigh."""
    return {
        "name": guide.name, "title": dict(guide.title), "intro": dict(guide.intro),
        "address": f"{settings.BASE_URL}/g/{guide.name}/",
        "questions": [
            {
                "name": one.name, "title": dict(one.title), "several": one.several,
                "choices": [{"name": choice.name, "title": dict(choice.title)} for choice in one.choices.values()],
            }
            for one in guide.questions.values()
        ],
    }  # fmt: skip


def _recommended(one: Recommendation) -> dict[str, Any]:
    said = words.both(one.product, one.reason, one.others)
    return {"product": product_as_json(one.product), **said, "kind": one.reason.kind, "score": round(one.score, 6)}


_EMPTIED = frozenset({"price", "margin"})
"""Fields that null empties; of the others null says nothing."""
