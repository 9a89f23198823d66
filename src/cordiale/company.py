"""What the company says of itself: `company/company.yaml` in the home. The company edits it; defaults come with us."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cordiale import clock, documents, home
from cordiale.errors import Located

_DEFAULT = Path(__file__).parent / "company.yaml"


@dataclass(frozen=True, kw_only=True)
class Company:
    """Name, zone, currency (ISO 4217), who our messages come from, and the languages customers are written to in."""

    name: str
    zone: str
    currency: str
    sender_name: str
    sender_email: str
    postal_address: str
    languages: tuple[str, ...]


def company() -> Company:
    """The company of the current home. Read again when the file changes. Raises Located where it is wrong."""
    path = home.current().company_file("company.yaml", _DEFAULT)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int) -> Company:
    values = documents.load_file(path)
    names = Company.__dataclass_fields__
    for name in names:
        if name not in values:
            raise Located(
                f"'{name}' is missing", line=1, column=1, source=path.name, hint=f"it takes {', '.join(names)}"
            )
    for name in values:
        if name not in names:
            line, column = values.lc.key(name)
            raise Located(
                f"'{name}' is not known",
                line=line + 1,
                column=column + 1,
                source=path.name,
                hint=f"it takes {', '.join(names)}",
            )
    clock.zone(values["zone"])
    return Company(**{**values, "languages": tuple(values["languages"])})
