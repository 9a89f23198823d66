"""What a demo home remembers of itself (`run/demo.json`): which data, for which day, how far it got, how long it took.

Pages read it to say that names are synthetic and where the clock stands.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from cordiale import home
from cordiale.errors import Refused


@dataclass
class DemoState:
    """`days` simulated up to `ends_at`; `sample` limits the households; `stages`: finished stage → its seconds."""

    today: str
    days: int
    sample: int | None
    ends_at: str
    data: dict[str, str]  # what the data is and its licence, by language
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """The last simulated instant."""
        return datetime.fromisoformat(self.ends_at)

    @property
    def day(self) -> date:
        """The day the demo was made for."""
        return date.fromisoformat(self.today)

    def save(self) -> None:
        """Write it so that a killed process leaves the old or the new text, never half of one."""
        draft = _path().with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2))
        draft.replace(_path())

    def require_same(self, *, days: int, sample: int | None) -> None:
        """Raise Refused when this home was made with other options."""
        if (self.days, self.sample) != (days, sample):
            households = f"{self.sample} households" if self.sample else "all households"
            raise Refused(
                f"this home holds a demo of {self.days} days with {households}; "
                "start over with --reset, or take another --home"
            )


def find_state() -> DemoState | None:
    """The state of this home's demo, None when it is no demo."""
    try:
        return DemoState(**json.loads(_path().read_text()))
    except FileNotFoundError:
        return None


def forget() -> None:
    """This home is no demo any more."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return home.current().run / "demo.json"
