"""Variability in time bins: index of dispersion and coefficient of variation of spike counts and of amounts.

With several cells the variance is that over time within a cell, summed over cells, and so is the mean: differences in
rate between cells are not variability, and silent cells weigh nothing. The variance is that of the population (divided
by the number of bins n), as in the published analysis code, which makes it low by 1/n on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.trains import FEWEST, Array, Trains, gather
from knuffel.errors import ParameterError

__all__ = [
    "DISPERSION_BINS",
    "count_variation",
    "dispersion_of_amounts",
    "index_of_dispersion",
    "variation_of_amounts",
]

DISPERSION_BINS = (500, 1000, 2000, 4000, 6000, 8000, 10000)
"""Bin widths (ms) at which the index of dispersion is usually given."""


@dataclass(frozen=True)
class Moments:
    """Mean and variance of what is in a bin, over the bins of a cell, summed over cells."""

    mean: float
    variance: float
    cells: int

    @property
    def dispersion(self) -> float:
        """Return variance over mean; NaN when there is nothing."""
        return self.variance / self.mean if self.mean > 0 else float("nan")

    @property
    def variation(self) -> float:
        """Return the root of the mean variance over the mean; NaN when there is nothing."""
        return (self.variance * self.cells) ** 0.5 / self.mean if self.mean > 0 else float("nan")


_NOTHING = Moments(float("nan"), float("nan"), 0)


def count_moments(trains: Trains, width: float, omitted_bins: int = 0) -> Moments:
    """Return the moments of the counts in bins of ``width`` ms; NaN for fewer than ten spikes or two bins.

    Only bins that hold spikes are touched: memory grows with the spikes, not with the length of the recording.
    """
    bins = int(trains.duration // width) - omitted_bins
    place = np.floor((trains.time - trains.start) / width)
    inside = place < bins
    place, cell = place[inside], trains.cell[inside]
    if bins < 2 or len(place) < FEWEST:
        return _NOTHING
    counts = run_lengths(place, cell)
    spikes = np.bincount(cell).astype(np.float64)
    variance = float(counts @ counts) / bins - float(spikes @ spikes) / bins**2
    return Moments(len(place) / bins, max(variance, 0.0), trains.cells)


def run_lengths(place: Array, cell: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return how many spikes are in each bin that holds any, from their bins in order of cell and time."""
    last = np.flatnonzero((place[1:] != place[:-1]) | (cell[1:] != cell[:-1]))
    lengths: npt.NDArray[np.int64] = np.diff(np.concatenate([[-1], last, [len(place) - 1]]))
    return lengths


def index_of_dispersion(
    times: npt.ArrayLike,
    duration: float,
    bin_widths: Sequence[float] = DISPERSION_BINS,
    start: float = 0.0,
    *,
    cells: npt.ArrayLike | None = None,
    omitted_bins: int = 0,
) -> Array:
    """Return variance over mean of the spike counts in bins of each width (ms); Poisson trains give 1.

    ``duration`` ms from ``start``; the last incomplete bin is left out, and ``omitted_bins`` complete ones before it (4
    in the published fitting code). ``cells`` names the cell of each spike. NaN for fewer than ten spikes or two bins.
    """
    trains = gather(times, cells, duration=duration, start=start)
    return np.array([count_moments(trains, width, omitted_bins).dispersion for width in bin_widths])


def count_variation(
    times: npt.ArrayLike,
    duration: float,
    bin_widths: Sequence[float] = DISPERSION_BINS,
    start: float = 0.0,
    *,
    cells: npt.ArrayLike | None = None,
    omitted_bins: int = 0,
) -> Array:
    """Return the coefficient of variation of the spike counts in bins of each width; arguments as the dispersion."""
    trains = gather(times, cells, duration=duration, start=start)
    return np.array([count_moments(trains, width, omitted_bins).variation for width in bin_widths])


def dispersion_of_amounts(amounts: npt.ArrayLike, factor: int = 1) -> float:
    """Return variance over mean of amounts in bins, such as the secretion of each second; the unit is theirs.

    ``amounts`` has time as its last axis, a row for each cell before it. ``factor`` neighbouring bins are added up
    first (4: from 1-s to 4-s bins), an incomplete group at the end is left out. NaN for fewer than two bins or no
    amounts.

    >>> dispersion_of_amounts([1.0, 3.0, 1.0, 3.0])
    0.5
    """
    return amount_moments(amounts, factor).dispersion


def variation_of_amounts(amounts: npt.ArrayLike, factor: int = 1) -> float:
    """Return the coefficient of variation of amounts in bins; arguments as `dispersion_of_amounts`.

    >>> variation_of_amounts([1.0, 3.0, 1.0, 3.0])
    0.5
    """
    return amount_moments(amounts, factor).variation


def amount_moments(amounts: npt.ArrayLike, factor: int) -> Moments:
    """Return the moments of amounts, ``factor`` bins taken together. Raises `ParameterError` for a factor below 1."""
    if factor < 1:
        raise ParameterError(f"factor: found {factor}; allowed: 1 or more bins")
    amount = np.atleast_2d(np.asarray(amounts, dtype=np.float64))
    bins = amount.shape[-1] // factor
    if bins < 2:
        return _NOTHING
    rows = amount[..., : bins * factor].reshape(-1, bins, factor).sum(axis=-1)
    return Moments(float(rows.mean(axis=1).sum()), float(rows.var(axis=1).sum()), len(rows))
