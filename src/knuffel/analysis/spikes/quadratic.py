"""Interval histogram and hazard in bins that widen with the interval, as they are compared when a cell is fitted.

Bin i begins at i + 0.05 i (i - 1) / 2 ms: the bins are 1, 1.05, 1.10, ... ms wide, so that the few long intervals do
not scatter over many empty bins. Definitions of the published fitting code (HypoModel/HypoModBase, evofitscore.cpp).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.trains import FEWEST, Array

__all__ = ["QUADRATIC_BINS", "quadratic_edges", "quadratic_hazard", "quadratic_histogram"]

QUADRATIC_BINS = 512
"""Bins of the histogram; they reach 7053 ms, longer intervals are left out."""

_REACH = 2
_FEWEST_LEFT = 0.01


def quadratic_edges(bins: int = QUADRATIC_BINS) -> Array:
    """Return the left edges (ms) of the first ``bins`` bins.

    >>> quadratic_edges(4).tolist()
    [0.0, 1.0, 2.05, 3.15]
    """
    place = np.arange(bins, dtype=np.int64)
    # One division, correctly rounded: edges that are whole milliseconds are so exactly.
    edges: Array = (40 * place + place * (place - 1)) / 40
    return edges


def quadratic_histogram(interval: npt.ArrayLike) -> Array:
    """Return the share of intervals in each of the 512 bins, averaged over five neighbouring bins; the sum is 1.

    At the start the average is over the bins that exist. NaN for fewer than nine intervals, or none within the bins.
    """
    gap = np.asarray(interval, dtype=np.float64)
    if len(gap) + 1 < FEWEST:
        return np.full(QUADRATIC_BINS, np.nan)
    counts = np.histogram(gap, quadratic_edges(QUADRATIC_BINS + _REACH + 1))[0].astype(np.float64)
    window = np.ones(2 * _REACH + 1)
    held = np.convolve(np.ones_like(counts), window, mode="full")[_REACH : _REACH + QUADRATIC_BINS]
    smooth: Array = np.convolve(counts, window, mode="full")[_REACH : _REACH + QUADRATIC_BINS] / held
    total = smooth.sum()
    return smooth / total if total > 0 else np.full(QUADRATIC_BINS, np.nan)


def quadratic_hazard(histogram: npt.ArrayLike) -> Array:
    """Return the hazard of a quadratic histogram up to the bin before which less than 1 % is left: (usable bins,).

    As in the fitting code the histogram is first divided by the bin widths and scaled to a sum of 1 over the bins; what
    is left is counted in that measure. NaN histograms give no bins.
    """
    density = np.asarray(histogram, dtype=np.float64)[:-1] / np.diff(quadratic_edges())
    if not np.isfinite(density).all():
        return np.zeros(0)
    density /= density.sum()
    left = 1 - np.concatenate([[0.0], np.cumsum(density)[:-1]])
    few = np.flatnonzero(left < _FEWEST_LEFT)
    usable = int(few[0]) if len(few) else len(density)
    ending: Array = density[:usable] / left[:usable]
    return ending
