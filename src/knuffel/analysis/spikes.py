"""Statistics of spike trains: rate, interspike intervals, hazard, index of dispersion.

Times are in milliseconds. Fewer than ten spikes give NaN (or an empty histogram), never an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "DISPERSION_BINS",
    "ExponentialTail",
    "coefficient_of_variation",
    "exponential_tail",
    "hazard",
    "index_of_dispersion",
    "interval_histogram",
    "interval_mode",
    "intervals",
    "mean_rate",
]

Array = npt.NDArray[np.float64]

DISPERSION_BINS = (500, 1000, 2000, 4000, 6000, 8000, 10000)
"""Bin widths (ms) at which the index of dispersion is usually given."""

_FEWEST = 10


def intervals(times: npt.ArrayLike, cells: npt.ArrayLike | None = None) -> Array:
    """Return the interspike intervals (ms) of one train, or of several when ``cells`` names the cell of each spike.

    >>> intervals([10, 30, 70]).tolist()
    [20.0, 40.0]
    """
    time = np.asarray(times, dtype=np.float64)
    if cells is None:
        return np.diff(np.sort(time))
    cell = np.asarray(cells)
    order = np.lexsort((time, cell))
    gap: Array = np.diff(time[order])[np.diff(cell[order]) == 0]
    return gap


def mean_rate(times: npt.ArrayLike, duration: float, cells: int = 1) -> float:
    """Return spikes per second and cell over ``duration`` ms; NaN when there is no time or no cell.

    >>> mean_rate([100, 200, 900], 1000)
    3.0
    """
    return np.size(times) / cells / (duration / 1000) if duration > 0 and cells > 0 else float("nan")


def coefficient_of_variation(interval: npt.ArrayLike) -> float:
    """Return standard deviation over mean of the intervals; NaN for fewer than nine intervals."""
    gap = np.asarray(interval, dtype=np.float64)
    return float(gap.std() / gap.mean()) if len(gap) + 1 >= _FEWEST and gap.mean() > 0 else float("nan")


def interval_histogram(
    interval: npt.ArrayLike, bin_width: float = 5.0, longest: float = 2000.0, total: float | None = 10000.0
) -> tuple[Array, Array]:
    """Return left edges (ms) and contents of the interval histogram.

    Bins of ``bin_width`` ms up to ``longest`` ms. ``total`` is what the whole train is normalised to, intervals beyond
    the last bin included (10 000, as in DOI 10.1371/journal.pone.0180368); None leaves counts. Too few spikes: NaN.
    """
    gap = np.asarray(interval, dtype=np.float64)
    edges = np.arange(0, longest + bin_width / 2, bin_width)
    if len(gap) + 1 < _FEWEST:
        return edges[:-1], np.full(len(edges) - 1, np.nan)
    counts = np.histogram(gap, edges)[0].astype(np.float64)
    return edges[:-1], counts if total is None else counts * (total / len(gap))


def interval_mode(left: npt.ArrayLike, contents: npt.ArrayLike, smooth: int = 5) -> float:
    """Return the interval (ms) at which the histogram is highest, after a running mean over ``smooth`` bins."""
    edges, height = np.asarray(left, dtype=np.float64), np.asarray(contents, dtype=np.float64)
    if not np.isfinite(height).all() or len(edges) < smooth:
        return float("nan")
    running = np.convolve(height, np.ones(smooth) / smooth, mode="same")
    return float(edges[int(np.argmax(running))] + (edges[1] - edges[0]) / 2)


def hazard(interval: npt.ArrayLike, bin_width: float = 5.0, longest: float = 2000.0) -> tuple[Array, Array]:
    """Return left edges (ms) and the hazard of each bin: n_j / (N - all in earlier bins); NaN where nothing is left.

    A flat hazard means no memory; the climb from zero is the HAP (DOI 10.1371/journal.pone.0180368).
    """
    left, counts = interval_histogram(interval, bin_width, longest, total=None)
    left_over = np.size(np.asarray(interval)) - np.concatenate([[0.0], np.cumsum(counts)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return left, np.where(left_over > 0, counts / left_over, np.nan)


def index_of_dispersion(
    times: npt.ArrayLike, duration: float, bin_widths: Sequence[float] = DISPERSION_BINS, start: float = 0.0
) -> Array:
    """Return variance over mean of the spike counts of one train in bins of each width (ms); a Poisson train gives 1.

    ``duration`` ms from ``start``; the last incomplete bin is left out; the variance is that of the population. NaN for
    fewer than ten spikes or two bins.
    """
    time = np.asarray(times, dtype=np.float64) - start
    result = np.full(len(bin_widths), np.nan)
    for place, width in enumerate(bin_widths):
        bins = int(duration // width)
        counts = np.histogram(time, np.arange(bins + 1) * width)[0]
        if bins >= 2 and counts.sum() >= _FEWEST:
            result[place] = counts.var() / counts.mean()
    return result


@dataclass(frozen=True)
class ExponentialTail:
    """One exponential fitted to the tail of an interval histogram: time constant (ms), R squared, range (ms)."""

    time_constant: float
    r_squared: float
    first: float
    last: float


def exponential_tail(interval: npt.ArrayLike, bin_width: float = 5.0, after_mode: float = 50.0) -> ExponentialTail:
    """Return the exponential that best fits the histogram from ``after_mode`` ms past the mode to the 95th percentile.

    Least squares on the bin contents; R squared says how much of their variance the curve explains.
    """
    gap = np.asarray(interval, dtype=np.float64)
    if len(gap) + 1 < _FEWEST:
        return ExponentialTail(*[float("nan")] * 4)
    last = float(np.percentile(gap, 95))
    left, height = interval_histogram(gap, bin_width, longest=last + bin_width)
    first = interval_mode(left, height) + after_mode
    centre = left + bin_width / 2
    chosen = (centre >= first) & (centre <= last)
    x, y = centre[chosen] - first, height[chosen]
    if len(x) < 3:
        return ExponentialTail(float("nan"), float("nan"), first, last)
    from scipy.optimize import curve_fit

    (amplitude, constant), _ = curve_fit(lambda t, a, c: a * np.exp(-t / c), x, y, p0=(y[0] + 1, (last - first) / 3))
    residual = y - amplitude * np.exp(-x / constant)
    spread = float(((y - y.mean()) ** 2).sum())
    explained = 1 - float((residual**2).sum()) / spread if spread > 0 else float("nan")
    return ExponentialTail(float(constant), explained, first, last)
