"""Cordiale: self-hosted relationship marketing."""

__version__ = "0.1.0"
