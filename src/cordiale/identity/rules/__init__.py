"""Who is who, decided on plain values: how identifiers are written, whether names agree, whom a row is about. Pure."""

from __future__ import annotations

from cordiale.identity.rules.values import KINDS, LONGEST, LONGEST_REFERENCE, STRONG, canonical, is_nobodys

__all__ = ["KINDS", "LONGEST", "LONGEST_REFERENCE", "STRONG", "canonical", "is_nobodys"]
