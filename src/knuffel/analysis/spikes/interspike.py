"""The distribution of interspike intervals: variation, histogram, mode, hazard, exponential tail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.trains import FEWEST, Array, Trains, gather

__all__ = [
    "ExponentialTail",
    "coefficient_of_variation",
    "exponential_tail",
    "hazard",
    "interval_histogram",
    "interval_mode",
    "local_coefficient_of_variation",
]

_TAIL_BINS = 2**14
_GRID = 64
_BLOCK = 2**20


def coefficient_of_variation(interval: npt.ArrayLike) -> float:
    """Return standard deviation over mean of the intervals; NaN for fewer than nine intervals."""
    gap = np.asarray(interval, dtype=np.float64)
    return float(gap.std() / gap.mean()) if len(gap) + 1 >= FEWEST and gap.mean() > 0 else float("nan")


def local_coefficient_of_variation(times: npt.ArrayLike, cells: npt.ArrayLike | None = None) -> float:
    """Return CV2, the mean of 2 |I' - I| / (I' + I) over intervals that follow each other in one cell.

    It compares neighbours only, so slow changes of rate and differences between cells hardly raise it; 1 for a Poisson
    train (DOI 10.1152/jn.1996.75.5.1806). NaN for fewer than ten spikes.
    """
    return local_variation(gather(times, cells, start=float(np.min(times, initial=0.0))))


def local_variation(trains: Trains) -> float:
    """Return CV2 of trains."""
    if trains.spikes < FEWEST:
        return float("nan")
    total, number = 0.0, 0
    for begin in range(0, trains.spikes - 2, _BLOCK):
        piece = slice(begin, begin + _BLOCK + 2)
        gap, cell = np.diff(trains.time[piece]), trains.cell[piece]
        both = gap[1:] + gap[:-1]
        chosen = (cell[2:] == cell[:-2]) & (both > 0)
        total += float((np.abs(np.diff(gap))[chosen] / both[chosen]).sum())
        number += int(chosen.sum())
    return 2 * total / number if number else float("nan")


def interval_histogram(
    interval: npt.ArrayLike, bin_width: float = 5.0, longest: float = 2000.0, total: float | None = 10000.0
) -> tuple[Array, Array]:
    """Return left edges (ms) and contents of the interval histogram.

    Bins of ``bin_width`` ms up to ``longest`` ms. ``total`` is what the whole train is normalised to, intervals beyond
    the last bin included (10 000, as in DOI 10.1371/journal.pone.0180368); None leaves counts. Too few spikes: NaN.
    """
    gap = np.asarray(interval, dtype=np.float64)
    edges = np.arange(0, longest + bin_width / 2, bin_width)
    if len(gap) + 1 < FEWEST:
        return edges[:-1], np.full(len(edges) - 1, np.nan)
    counts = np.histogram(gap, edges)[0].astype(np.float64)
    return edges[:-1], counts if total is None else counts * (total / len(gap))


def interval_mode(left: npt.ArrayLike, contents: npt.ArrayLike, smooth: int = 5) -> float:
    """Return the interval (ms) at which the histogram is highest, after a running mean over ``smooth`` bins.

    Of bins whose means are equally high, the one that itself is highest.
    """
    edges, height = np.asarray(left, dtype=np.float64), np.asarray(contents, dtype=np.float64)
    if not np.isfinite(height).all() or len(edges) < smooth or not height.any():
        return float("nan")
    running = np.convolve(height, np.ones(smooth) / smooth, mode="same")
    highest = running >= running.max() * (1 - 1e-9)
    return float(edges[int(np.argmax(np.where(highest, height, -1.0)))] + (edges[1] - edges[0]) / 2)


def hazard(interval: npt.ArrayLike, bin_width: float = 5.0, longest: float = 2000.0) -> tuple[Array, Array]:
    """Return left edges (ms) and the hazard of each bin: n_j / (N - all in earlier bins); NaN where nothing is left.

    A flat hazard means no memory; the climb from zero is the HAP (DOI 10.1371/journal.pone.0180368).
    """
    left, counts = interval_histogram(interval, bin_width, longest, total=None)
    left_over = np.size(np.asarray(interval)) - np.concatenate([[0.0], np.cumsum(counts)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return left, np.where(left_over > 0, counts / left_over, np.nan)


@dataclass(frozen=True)
class ExponentialTail:
    """One exponential fitted to the tail of an interval histogram: time constant (ms), R squared, range (ms)."""

    time_constant: float
    r_squared: float
    first: float
    last: float


def exponential_tail(interval: npt.ArrayLike, bin_width: float = 5.0, after_mode: float = 50.0) -> ExponentialTail:
    """Return the exponential that best fits the histogram from ``after_mode`` ms past the mode to the 95th percentile.

    Least squares on the bin contents; R squared says how much of their variance the curve explains. NaN for fewer than
    ten spikes or three bins.
    """
    gap, nothing = np.asarray(interval, dtype=np.float64), float("nan")
    if len(gap) + 1 < FEWEST:
        return ExponentialTail(nothing, nothing, nothing, nothing)
    last = min(float(np.percentile(gap, 95)), _TAIL_BINS * bin_width)
    left, height = interval_histogram(gap, bin_width, longest=last + bin_width)
    first = interval_mode(left, height) + after_mode
    centre = left + bin_width / 2
    chosen = (centre >= first) & (centre <= last)
    x, y = centre[chosen] - first, height[chosen]
    if len(x) < 3 or not y.any():
        return ExponentialTail(nothing, nothing, first, last)
    constant, residual = _decay(x, y, bin_width / 4, 100 * (last - first))
    spread = float(((y - y.mean()) ** 2).sum())
    return ExponentialTail(constant, 1 - residual / spread if spread > 0 else nothing, first, last)


def _decay(x: Array, y: Array, shortest: float, longest: float) -> tuple[float, float]:
    """Return the time constant of the exponential nearest to (x, y) and the sum of squares that it leaves.

    For a given time constant the best amplitude is known, so that one number is searched, which always ends.
    """
    from scipy.optimize import minimize_scalar

    def left_over(log_constant: float) -> float:
        curve = np.exp(-x / np.exp(log_constant))
        return float(y @ y - (y @ curve) ** 2 / (curve @ curve))

    grid = np.linspace(np.log(shortest), np.log(longest), _GRID)
    best = int(np.argmin([left_over(value) for value in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]
    found = minimize_scalar(left_over, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x)), float(found.fun)
