"""How much more, or less, came than a model foretold on an earlier part of the same past.

Models of repeat purchases tell well who buys and who has left, and less well how much everybody together will buy: on
CDNOW all of them foretell an eighth too little. Cut in the proportion in which what is asked follows what is known, a
base's own past shows such an error (docs/decisions/0022).
"""

from __future__ import annotations

from cordiale.btyd.fitting import fit
from cordiale.btyd.summary import Summary
from cordiale.errors import CordialeError

TRUSTED = (0.75, 4 / 3)
"""A level beyond these says that another model is needed, not another level."""


def held_back(known: float, ahead: float) -> float:
    """The last part of a past of length `known`, to what is before it as `ahead` is to the whole past."""
    if known <= 0 or ahead <= 0:
        raise CordialeError("a level needs a past and a time ahead, both longer than nothing")
    return known * ahead / (known + ahead)


def level(earlier: Summary, whole: Summary, ahead: float, model: str = "bg/nbd") -> float | None:
    """What came divided by what `model`, fitted on `earlier`, foretells for the `ahead` after it.

    `earlier` is the base as known on a past day, `whole` the same customers `ahead` later (in their unit of time). None
    where the fit did not settle, nobody bought, or the level is beyond `TRUSTED`: forecasts are then better left alone.
    """
    if earlier.customers != whole.customers:
        raise CordialeError("both summaries must tell of the same customers, the second one of a later day")
    fitted = fit(earlier, model)
    foretold = float(fitted.expected(ahead, earlier.x, earlier.t_x, earlier.T) @ earlier.count)
    came = float(whole.x @ whole.count - earlier.x @ earlier.count)
    if not fitted.converged or foretold <= 0:
        return None
    return came / foretold if TRUSTED[0] <= came / foretold <= TRUSTED[1] else None
