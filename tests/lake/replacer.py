"""A process that replaces the same orders until it is killed, folding now and then; prints each version written.

Run as: python -m tests.lake.replacer FOLDER FIRST_VERSION, in the repository
"""

from __future__ import annotations

import sys
from pathlib import Path

from cordiale.lake import Lake
from tests.lake.cast import lines

ORDERS = [f"o{number}" for number in range(6)]


def main(folder: Path, first: int) -> None:
    lake = Lake(folder, rows_a_bucket=3)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for version in range(first, first + 10_000):
        rows = lines(*((order, version % 5 + place, [str(version)]) for place, order in enumerate(ORDERS)))
        lake.replace_orders(ORDERS, rows, app=("replacer", version))
        sys.stdout.write(f"{version}\n")
        sys.stdout.flush()
        if version % 3 == 0:
            lake.fold("order_lines")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
