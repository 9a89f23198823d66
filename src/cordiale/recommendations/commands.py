"""`recommend`: what a customer may like next."""

from __future__ import annotations
