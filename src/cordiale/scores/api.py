"""`/api/v1/scores`: the scores there are, and their model cards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from cordiale.accounts.access import key_of
from cordiale.accounts.api import KeyAuth, Problem
from cordiale.scores import actions, queries, schemas
from cordiale.ui.context import present

router = Router(tags=["scores"], auth=KeyAuth("insight.see"))


class Check(Schema):
    """A measure of the data gate."""

    measure: str
    have: int
    need: int
    is_passed: bool


class VersionOut(Schema):
    """One version of a score. `method` is `model`, `rule` (no model beat it), or the model of purchases."""

    score: str
    number: int
    state: str
    fitted_at: datetime
    as_of: datetime
    horizon: int
    method: str
    library: str
    digest: str
    seconds: float
    actor: str
    refusals: list[Check]


class ScoreOut(Schema):
    """How a score stands. `refusals`: what its gate lacks, while it does not exist. `columns`: its traits.

    `missing`: traits it reads that are no longer declared, unknown to it until it is learnt anew.
    """

    name: str
    kind: str
    title: dict[str, str]
    description: dict[str, str]
    owner: str
    columns: dict[str, str]
    state: str
    version: VersionOut | None
    refusals: list[Check]
    attempted_at: datetime | None
    next_fit_at: datetime | None
    is_changed: bool
    is_fitting: bool
    missing: list[str]


class ScoreList(Schema):
    """All declared scores."""

    scores: list[ScoreOut]


class Measure(Schema):
    """A figure of the model, the rule's, and their ratio with its 95 % interval; null for a ratio to nothing."""

    value: float | None
    baseline: float | None
    ratio: float | None
    low: float | None
    high: float | None


class Bin(Schema):
    """A tenth of the customers by rising prediction."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


class Evaluation(Schema):
    """How right probabilities were on a window never learnt from. `mean_ratio`: predicted / observed, low, high."""

    rows: int
    positives: int
    mean_ratio: list[float]
    measures: dict[str, Measure]
    reliability: list[Bin]


class Rule(Schema):
    """A simple rule: a trait, or its opposite (`sign` −1)."""

    trait: str
    sign: int
    average_precision: float | None = None


class Way(Schema):
    """How near one way of foretelling amounts came."""

    mae: Measure
    rmse: Measure
    mean_ratio: list[float]
    rule_mean_ratio: float


class Compared(Schema):
    """Amounts foretold one way or the other, and the way in force."""

    rule: str
    rules: dict[str, float]
    ways: dict[str, Way]
    level: str
    observed: float


class Parameter(Schema):
    """A fitted parameter with its standard error, where the data tell."""

    name: str
    value: float
    error: float | None


class Fitted(Schema):
    """A model of purchases or of their value."""

    model: str = ""
    customers: float
    log_likelihood: float
    problem: str
    parameters: list[Parameter]
    correlation: float | None = None
    is_independent: bool | None = None


class Candidate(Schema):
    """A model of purchases tried, with its held-out log-likelihood."""

    model: str
    held_out: float
    is_chosen: bool
    problem: str


class Week(Schema):
    """Orders so far, a number of days after the judge's day."""

    day: int
    predicted: float
    observed: float


class Group(Schema):
    """Customers by how many orders they had placed."""

    from_: Annotated[int, Field(alias="from")]
    to: int
    customers: int
    predicted: float
    observed: float


class CardOut(Schema):
    """What the card says; parts that a kind of score has not are left out or null.

    `evaluation` is of the model, `in_force` of what is in force; `errors`: the Brier scores of model and learnt rule.
    `base_rate` is the share who did it in the judged period, `past_rates` in those learnt from, the newest first.
    """

    customers: int = 0
    gate: Annotated[list[Check], Field(default_factory=list)]
    base_rate: float | None = None
    past_rates: Annotated[list[float], Field(default_factory=list)]
    first_order_at: datetime | None = None
    until: datetime | None = None
    judged_at: datetime | None = None
    judged_on: int | None = None
    moments: Annotated[list[datetime], Field(default_factory=list)]
    learnt_from: int | None = None
    positives: int | None = None
    technique: str | None = None
    rule: Rule | None = None
    rules: Annotated[list[Rule], Field(default_factory=list)]
    evaluation: Evaluation | None = None
    in_force: Evaluation | None = None
    errors: dict[str, float] | None = None
    left_out: Annotated[list[str], Field(default_factory=list)]
    importance: Annotated[dict[str, Any], Field(default_factory=dict)]
    margin: float | None = None
    discount: float | None = None
    levels: dict[str, str] | None = None
    compared: dict[str, Compared] | None = None
    models: list[Candidate] | None = None
    purchases: Fitted | None = None
    spending: Fitted | None = None
    cumulative: list[Week] | None = None
    by_frequency: list[Group] | None = None


class Drift(Schema):
    """The population stability index of each input on a day."""

    day: date
    features: dict[str, float]
    worst: float
    threshold: float


class ScoreCard(ScoreOut):
    """A score with its model card and the drift of its inputs."""

    card: CardOut
    drift: Drift | None


class JobOut(Schema):
    """The job that learns it: follow it at `/jobs/{number}/`."""

    job: int
    state: str


@router.get("", response={200: ScoreList}, summary="Scores and how they stand")
def list_scores(request: HttpRequest) -> dict[str, Any]:
    """Every score of `scores.yaml`."""
    return {"scores": [schemas.score(one) for one in queries.standings()]}


@router.get("/{name}", response={200: ScoreCard, 404: Problem}, by_alias=True, summary="The model card of a score")
def get(
    request: HttpRequest, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> dict[str, Any]:
    """Of the version in force, the last one tried, or `version`. 404 for a name or version that is none."""
    return schemas.card(name, version)


@router.post(
    "/{name}/fit", response={202: JobOut, 404: Problem}, auth=KeyAuth("insight.edit"), summary="Learn a score anew"
)
def fit(request: HttpRequest, name: str) -> Status[Any]:
    """In the background; the job under way, where there is one."""
    job = actions.ask(name, actor=key_of(request), now=present())
    return Status(202, {"job": job.pk, "state": job.state})
