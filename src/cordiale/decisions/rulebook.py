"""The company's plan and the law's parameters, read from the home when their files change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cordiale import home
from cordiale.consent.purposes import purposes
from cordiale.decisions.rules.document import read_text
from cordiale.decisions.rules.law import Law, parse_law
from cordiale.decisions.rules.plan import Plan, parse_plan

_DATA = Path(__file__).parent / "data"


def plan() -> Plan:
    """Pressure and quiet hours (`company/plan.yaml`). Raises Located where the file is wrong."""
    path = home.current().company_file("plan.yaml", _DATA / "plan.yaml")
    return _read_plan(path, path.stat().st_mtime_ns)


def law() -> Law:
    """The law's parameters (`company/law.yaml`). Raises Located where the file is wrong."""
    path = home.current().company_file("law.yaml", _DATA / "law.yaml")
    return _read_law(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_plan(path: Path, changed_at: int) -> Plan:
    return parse_plan(read_text(path), path.name, purposes())


@lru_cache(maxsize=8)
def _read_law(path: Path, changed_at: int) -> Law:
    return parse_law(read_text(path), path.name)
