"""Buy till you die: models of how often customers buy, when they leave, and what a purchase is worth.

Arrays in, fitted models out; no Django, no lake. Importing it imports scipy: do so where something is computed.
"""

from cordiale.btyd.choosing import Choice, choose
from cordiale.btyd.fitting import MODELS, Fit, fit
from cordiale.btyd.gamma_gamma import MOST_CORRELATED, GammaGamma, fit_gamma_gamma
from cordiale.btyd.level import held_back, level
from cordiale.btyd.summary import Summary, summarise
from cordiale.btyd.valuing import value

__all__ = [
    "MODELS",
    "MOST_CORRELATED",
    "Choice",
    "Fit",
    "GammaGamma",
    "Summary",
    "choose",
    "fit",
    "fit_gamma_gamma",
    "held_back",
    "level",
    "summarise",
    "value",
]
