"""Learning what customers will do: classifiers, regressions and how good they are. Arrays in, fitted models out.

    model = fit_classifier(features, bought, as_of=instant)       # features: pa.Table, one row a customer
    model.predict(later, as_of=then)                              # calibrated probabilities, one a row
    evaluate(predicted, outcome, recency)                         # each measure, against a simple rule, with intervals
    model = load(model.dump())

Nothing here knows the lake or Django. scikit-learn and numba are imported by what computes, not by this module.
"""

from __future__ import annotations

from cordiale.learning.amounts import Regressor, fit_regressor
from cordiale.learning.classifier import Classifier, fit_classifier
from cordiale.learning.drift import Reference, drift, reference
from cordiale.learning.drivers import Drivers
from cordiale.learning.encoding import ages
from cordiale.learning.evaluation import AmountEvaluation, Bin, Evaluation, Measure, evaluate, evaluate_amounts
from cordiale.learning.steadiness import unsteady
from cordiale.learning.storage import load

__all__ = [
    "AmountEvaluation",
    "Bin",
    "Classifier",
    "Drivers",
    "Evaluation",
    "Measure",
    "Reference",
    "Regressor",
    "ages",
    "drift",
    "evaluate",
    "evaluate_amounts",
    "fit_classifier",
    "fit_regressor",
    "load",
    "reference",
    "unsteady",
]
