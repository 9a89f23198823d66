"""The operations of `scores` and their shapes.

Written by `config.client_source` from the OpenAPI description; do not edit.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import field

from cordiale.client.connection import Connection, Instant, Shape, part


class Check(Shape, frozen=True, kw_only=True):
    """A measure of the data gate."""

    measure: str
    have: int
    need: int
    is_passed: bool


class ScoreList(Shape, frozen=True, kw_only=True):
    """All declared scores."""

    scores: list[ScoreOut]


class ScoreOut(Shape, frozen=True, kw_only=True):
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
    attempted_at: Instant | None
    next_fit_at: Instant | None
    is_changed: bool
    is_fitting: bool
    missing: list[str]


class VersionOut(Shape, frozen=True, kw_only=True):
    """One version of a score. `method` is `model`, `rule` (no model beat it), or the model of purchases."""

    score: str
    number: int
    state: str
    fitted_at: Instant
    as_of: Instant
    horizon: int
    method: str
    library: str
    digest: str
    seconds: float
    actor: str
    refusals: list[Check]


class Bin(Shape, frozen=True, kw_only=True):
    """A tenth of the customers by rising prediction."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


class Candidate(Shape, frozen=True, kw_only=True):
    """A model of purchases tried, with its held-out log-likelihood."""

    model: str
    held_out: float
    is_chosen: bool
    problem: str


class CardOut(Shape, frozen=True, kw_only=True):
    """What the card says; parts that a kind of score has not are left out or null. `evaluation` is of the model,
    `in_force` of what is in force; `errors`: the Brier scores of model and learnt rule. `base_rate` is the share
    who did it in the judged period, `past_rates` in those learnt from, the newest first.
    """

    customers: int = 0
    gate: list[Check] = field(default_factory=list)
    base_rate: float | None = None
    past_rates: list[float] = field(default_factory=list)
    first_order_at: Instant | None = None
    until: Instant | None = None
    judged_at: Instant | None = None
    judged_on: int | None = None
    moments: list[Instant] = field(default_factory=list)
    learnt_from: int | None = None
    positives: int | None = None
    technique: str | None = None
    rule: Rule | None = None
    rules: list[Rule] = field(default_factory=list)
    evaluation: Evaluation | None = None
    in_force: Evaluation | None = None
    errors: dict[str, float] | None = None
    left_out: list[str] = field(default_factory=list)
    importance: dict[str, Any] = field(default_factory=dict)
    margin: float | None = None
    discount: float | None = None
    levels: dict[str, str] | None = None
    compared: dict[str, Compared] | None = None
    models: list[Candidate] | None = None
    purchases: Fitted | None = None
    spending: Fitted | None = None
    cumulative: list[Week] | None = None
    by_frequency: list[Group] | None = None


class Compared(Shape, frozen=True, kw_only=True):
    """Amounts foretold one way or the other, and the way in force."""

    rule: str
    rules: dict[str, float]
    ways: dict[str, Way]
    level: str
    observed: float


class Drift(Shape, frozen=True, kw_only=True):
    """The population stability index of each input on a day."""

    day: date
    features: dict[str, float]
    worst: float
    threshold: float


class Evaluation(Shape, frozen=True, kw_only=True):
    """How right probabilities were on a window never learnt from. `mean_ratio`: predicted / observed, low, high."""

    rows: int
    positives: int
    mean_ratio: list[float]
    measures: dict[str, Measure]
    reliability: list[Bin]


class Fitted(Shape, frozen=True, kw_only=True):
    """A model of purchases or of their value."""

    model: str = ""
    customers: float
    log_likelihood: float
    problem: str
    parameters: list[Parameter]
    correlation: float | None = None
    is_independent: bool | None = None


class Group(Shape, frozen=True, kw_only=True):
    """Customers by how many orders they had placed."""

    from_: int = field(name="from")
    to: int
    customers: int
    predicted: float
    observed: float


class Measure(Shape, frozen=True, kw_only=True):
    """A figure of the model, the rule's, and their ratio with its 95 % interval; null for a ratio to nothing."""

    value: float | None
    baseline: float | None
    ratio: float | None
    low: float | None
    high: float | None


class Parameter(Shape, frozen=True, kw_only=True):
    """A fitted parameter with its standard error, where the data tell."""

    name: str
    value: float
    error: float | None


class Rule(Shape, frozen=True, kw_only=True):
    """A simple rule: a trait, or its opposite (`sign` −1)."""

    trait: str
    sign: int
    average_precision: float | None = None


class ScoreCard(Shape, frozen=True, kw_only=True):
    """A score with its model card and the drift of its inputs."""

    name: str
    kind: str
    title: dict[str, str]
    description: dict[str, str]
    owner: str
    columns: dict[str, str]
    state: str
    version: VersionOut | None
    refusals: list[Check]
    attempted_at: Instant | None
    next_fit_at: Instant | None
    is_changed: bool
    is_fitting: bool
    missing: list[str]
    card: CardOut
    drift: Drift | None


class Way(Shape, frozen=True, kw_only=True):
    """How near one way of foretelling amounts came."""

    mae: Measure
    rmse: Measure
    mean_ratio: list[float]
    rule_mean_ratio: float


class Week(Shape, frozen=True, kw_only=True):
    """Orders so far, a number of days after the judge's day."""

    day: int
    predicted: float
    observed: float


class JobOut(Shape, frozen=True, kw_only=True):
    """The job that learns it: follow it at `/jobs/{number}/`."""

    job: int
    state: str


class Scores:
    """`client.scores`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_scores(self) -> ScoreList:
        """Scores and how they stand. Every score of `scores.yaml`."""
        return self._connection.call("GET", "/api/v1/scores", ScoreList, is_repeatable=True)

    def get(self, name: str, *, version: int | None = None) -> ScoreCard:
        """The model card of a score. Of the version in force, the last one tried, or `version`. 404 for a name or
        version that is none.
        """
        return self._connection.call(
            "GET", f"/api/v1/scores/{part(name)}", ScoreCard, query={"version": version}, is_repeatable=True
        )

    def fit(self, name: str) -> JobOut:
        """Learn a score anew. In the background; the job under way, where there is one."""
        return self._connection.call("POST", f"/api/v1/scores/{part(name)}/fit", JobOut)
