"""Long arrays a part at a time, so that what is worked out in between stays in the processor's cache, on every core.

Parts are shorter than the 10 000 numbers from which BLAS starts threads of its own for a dot product: those would fight
with ours for the cores (a fit of a million customers took a hundred times as long on a busy machine).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from cordiale.btyd.summary import Floats

Answer = TypeVar("Answer")
PART = 1 << 13


def each_part(rows: int, work: Callable[[slice], Answer]) -> list[Answer]:
    """`work` on slices that cover `rows`, in their order. numpy lets threads run side by side."""
    parts = [slice(first, min(first + PART, rows)) for first in range(0, rows, PART)]
    if len(parts) < 4:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as threads:
        return list(threads.map(work, parts))


def filled(rows: int, work: Callable[[slice], Floats]) -> Floats:
    """What `work` says of each slice, one array of `rows` numbers."""
    out = np.empty(rows)

    def place(part: slice) -> None:
        out[part] = work(part)

    each_part(rows, place)
    return out
