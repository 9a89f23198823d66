"""Alternating least squares on implicit feedback (Hu, Koren, Volinsky 2008): products and customers as factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FACTORS, ROUNDS, CONFIDENCE, RIDGE = 32, 6, 2.0, 10.0
_CHUNK = 4_096


def item_factors(counts: sparse.csr_matrix, *, factors: int = FACTORS, rounds: int = ROUNDS) -> NDArray[np.float32]:
    """Items × factors, of customers × items of purchase days.

    A purchase is preference 1 with confidence 1 + 2·log(1 + days), all else preference 0 with confidence 1. The start
    is drawn from a fixed seed: the same data gives the same factors.
    """
    confidence = counts.astype(np.float32)
    confidence.data = CONFIDENCE * np.log1p(confidence.data)
    by_item = confidence.T.tocsr()
    theirs = np.random.default_rng(0).normal(0, 0.01, (counts.shape[1], factors)).astype(np.float32)
    for _ in range(rounds):
        theirs = solved(by_item, solved(confidence, theirs))
    return theirs


def solved(confidence: sparse.csr_matrix, fixed: NDArray[np.float32], ridge: float = RIDGE) -> NDArray[np.float32]:
    """For each row the factors that fit it best while those of the columns, `fixed`, stand: (VᵀCV + ridge·I)⁻¹VᵀCp.

    All rows of a chunk at once: the sums of outer products are one sparse product with each column's outer product.
    """
    width = fixed.shape[1]
    common = fixed.T @ fixed + ridge * np.eye(width, dtype=np.float32)
    squares = np.einsum("ij,ik->ijk", fixed, fixed).reshape(len(fixed), width * width)
    found = np.empty((confidence.shape[0], width), np.float32)
    for start in range(0, confidence.shape[0], _CHUNK):
        some = confidence[start : start + _CHUNK]
        left = (some @ squares).reshape(-1, width, width) + common
        wanted = some.copy()
        wanted.data = 1 + wanted.data
        found[start : start + _CHUNK] = np.linalg.solve(left, (wanted @ fixed)[:, :, None])[:, :, 0]
    return found
