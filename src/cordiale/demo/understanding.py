"""What is understood of the demo's customers: scores, recommendations, and what its products are called."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cordiale import home
from cordiale.demo.journey import Journey
from cordiale.insight import actions as insight
from cordiale.recommendations import catalogue, fits
from cordiale.scores import actions as scores
from cordiale.scores import queries as known
from cordiale.ui import terminal

ACTOR = "demo"
Step = Callable[[], None]


def understand(journey: Journey, folder: Path, now: datetime, step: Step) -> None:
    """Fit what was not fitted yet, then compute the day's snapshot again, with its scores."""
    shutil.copyfile(folder / "guides.yaml", home.current().company / "guides.yaml")
    catalogue.fill(now)
    catalogue.tell(_named(journey), source="completejourney", actor=ACTOR, now=now)
    _fit_scores(now, step)
    if fits.find_fit() is None:
        with terminal.progress("Recommendations", 1) as advance:
            fits.fit(now, actor=ACTOR, tell=lambda done, total: step())
            advance(1)
    insight.ensure_snapshot(now)


def _fit_scores(now: datetime, step: Step) -> None:
    left = [one.score.name for one in known.standings() if one.attempt is None]
    with terminal.progress("Scores", len(left)) as advance:
        for name in left:
            scores.fit(name, actor=ACTOR, now=now, step=step)
            advance(1)


def _named(journey: Journey) -> Iterator[Mapping[str, Any]]:
    """Titles of the products that were sold: what the data calls their type, and the size of the package."""
    sold = set(catalogue.products().values_list("pk", flat=True))
    for row in journey.product_names():
        code, kind, size = str(row["product_id"]), row["product_type"], row["package_size"]
        if code in sold and kind:
            title = f"{kind.capitalize()}, {size.lower()}" if size else kind.capitalize()
            yield {"id": code, "titles": {"fr": title, "en": title}}
