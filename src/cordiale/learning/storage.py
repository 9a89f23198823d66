"""Models as bytes: arrays and JSON in one npz, nothing that runs when it is read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cordiale.errors import CordialeError

if TYPE_CHECKING:
    from cordiale.learning.amounts import Regressor
    from cordiale.learning.classifier import Classifier

EDITION = 1
_HEAD = "head"


def packed(head: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """`head` (JSON) and arrays as bytes; the same content gives the same bytes."""
    text = json.dumps({**head, "edition": EDITION}, sort_keys=True).encode()
    buffer = BytesIO()
    np.savez_compressed(buffer, **{_HEAD: np.frombuffer(text, np.uint8), **arrays})  # type: ignore[arg-type]
    return buffer.getvalue()


def load(stored: bytes) -> Classifier | Regressor:
    """The model `dump()` gave. Raises CordialeError when the bytes are not one of this edition."""
    from cordiale.learning import amounts, classifier  # noqa: PLC0415 they write through this module

    try:
        with np.load(BytesIO(stored), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        head = json.loads(arrays.pop(_HEAD).tobytes())
        if head["edition"] == EDITION:
            is_classifier = head["kind"] == classifier.KIND
            return classifier.unpacked(head, arrays) if is_classifier else amounts.unpacked(head, arrays)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise CordialeError("the stored model cannot be read; fit it again") from error
    raise CordialeError(f"the stored model is of edition {head['edition']}, this is {EDITION}; fit it again")
