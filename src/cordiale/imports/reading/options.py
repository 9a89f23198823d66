"""How a file is to be read: guessed, shown, and kept with the import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from cordiale.errors import CordialeError

FORMATS = ("csv", "excel", "parquet")
DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "pipe"}
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-15", "mac-roman", "cp850", "utf-16")


class Unreadable(CordialeError):
    """The file cannot be read as what it should be."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The format of a file and what reading it takes. `skip` counts the lines above the header, or the first row."""

    format: str
    delimiter: str = ""
    encoding: str = ""
    has_header: bool = True
    skip: int = 0
    sheet: str = ""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise CordialeError(f"'{self.format}' is no format of a file; it takes {', '.join(FORMATS)}")
        if self.format == "csv" and self.delimiter not in DELIMITERS:
            raise CordialeError(_("'%(given)s' is no delimiter; it takes ; , | or a tab") % {"given": self.delimiter})
        if self.format == "csv" and self.encoding not in ENCODINGS:
            raise CordialeError(
                _("'%(given)s' is no encoding; it takes %(encodings)s")
                % {"given": self.encoding, "encodings": ", ".join(ENCODINGS)}
            )
        if isinstance(self.skip, bool) or not isinstance(self.skip, int) or not 0 <= self.skip <= 100:
            raise CordialeError(_("at most 100 lines can stand above the header; write a number from 0 to 100"))

    def but(self, given: Mapping[str, Any]) -> Reading:
        """The same with what somebody said instead; what is not known here is refused."""
        unknown = set(given) - {"delimiter", "encoding", "has_header", "skip", "sheet"}
        if unknown:
            raise CordialeError(
                f"'{sorted(unknown)[0]}' is not known; delimiter, encoding, has_header, skip, sheet are"
            )
        return replace(self, **given)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the database."""
        return asdict(self)
