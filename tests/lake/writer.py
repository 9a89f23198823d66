"""A process that writes the lake until it is killed: appends numbered by version, folds, days of traits.

Prints a version once its append returned. Run as: python -m tests.lake.writer FOLDER FIRST_VERSION, in the repository
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

from cordiale.lake import Lake
from tests.lake.cast import events, traits

ROWS = 20


def main(folder: Path, first: int) -> None:
    lake = Lake(folder, rows_a_bucket=150)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for version in range(first, first + 10_000):
        customers = [1 + (version * ROWS + place) * 7 % 50 for place in range(ROWS)]
        lake.append("events", events(customers, first=version * ROWS), app=("writer", version))
        sys.stdout.write(f"{version}\n")
        sys.stdout.flush()
        if version % 3 == 0:
            lake.fold("events")
        if version % 2 == 0:
            day = date(2026, 1, 1) + timedelta(days=version % 4)
            lake.replace_day(day, iter([traits([n], version=[version]) for n in (1, 2, 3)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
