"""Coefficients of numerical methods that rooms share. They are mathematics, not physiology."""

from __future__ import annotations

import numpy as np

__all__ = [
    "DORMAND_PRINCE",
    "DORMAND_PRINCE_FOURTH",
    "EXTRAPOLATION_GROWTH",
    "EXTRAPOLATION_RETREAT",
    "EXTRAPOLATION_SAFETY",
    "EXTRAPOLATION_WORTH",
    "GAUSS_NODES",
    "GAUSS_WEIGHTS",
    "GROWTH",
    "SAFETY",
    "SHRINK",
]

DORMAND_PRINCE = np.array([
    [0, 0, 0, 0, 0, 0],
    [1 / 5, 0, 0, 0, 0, 0],
    [3 / 40, 9 / 40, 0, 0, 0, 0],
    [44 / 45, -56 / 15, 32 / 9, 0, 0, 0],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
])  # fmt: skip
"""Weights of the earlier slopes for each stage; the last row is the step of fifth order (DOI
10.1016/0771-050X(80)90013-3)."""

DORMAND_PRINCE_FOURTH = np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])
"""Weights of the slopes in the step of fourth order, for the estimate of the error."""

SAFETY, SHRINK, GROWTH = 0.9, 0.2, 5.0
"""How much of the longest allowed step is taken, and how fast steps may change."""

EXTRAPOLATION_SAFETY, EXTRAPOLATION_GROWTH, EXTRAPOLATION_RETREAT, EXTRAPOLATION_WORTH = 0.8, 8.0, 0.25, 0.9
"""The same for steps by extrapolation; how far to go back after a step that left what is possible, and how much cheaper
a lower order has to be to be chosen."""

GAUSS_NODES = (0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15))
GAUSS_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
"""Three points of Gauss and Legendre on 0 to 1: exact for polynomials of fifth degree."""
