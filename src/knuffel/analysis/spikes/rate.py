"""The mean firing rate, how well it is known, and its course."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.trains import Array, Trains

__all__ = ["mean_rate", "poisson_interval", "rate_course", "rate_interval"]

_TAIL = 0.025
_BLOCK = 10_000.0
_MOST_BLOCKS = 2**20
_MOST_BINS = 300
_SHORTEST_BIN = 1000.0
_NICE = (1, 2, 5)


def mean_rate(times: npt.ArrayLike, duration: float, cells: int = 1) -> float:
    """Return spikes per second and cell over ``duration`` ms; NaN when there is no time or no cell.

    >>> mean_rate([100, 200, 900], 1000)
    3.0
    """
    seconds = duration / 1000
    return np.size(times) / cells / seconds if seconds > 0 and cells > 0 else float("nan")


def poisson_interval(count: int, exposure: float) -> tuple[float, float]:
    """Return the exact 95 % confidence interval of a rate when ``count`` spikes fell in ``exposure`` cell seconds.

    Garwood's interval for a Poisson count (DOI 10.1093/biomet/28.3-4.437). It is too wide for a cell that fires more
    regularly than a Poisson process, and too narrow for one that fires in bursts or changes its rate.
    """
    from scipy.special import gammainccinv, gammaincinv

    if exposure <= 0:
        return float("nan"), float("nan")
    low = float(gammaincinv(count, _TAIL)) if count > 0 else 0.0
    return low / exposure, float(gammainccinv(count + 1, _TAIL)) / exposure


def rate_interval(trains: Trains) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean rate (spikes/s and cell), whatever the pattern of the spikes.

    Batch means: blocks of 10 s are taken as independent, since the memory of these cells is shorter. The spikes of all
    cells in a block are added, so input that cells share is allowed for. With the index of dispersion D of these sums
    (sample variance over mean), m blocks and N spikes in them, the interval is rate * exp(+- t sqrt(D / N)), where t is
    the 97.5 % point of Student's distribution with m - 1 degrees of freedom; the logarithm keeps it above zero. It
    tells how well the rate of these cells is known, not that of the population they were taken from. NaN for fewer than
    two blocks or no spikes. Recordings of more than four months get longer blocks.
    """
    from scipy.special import stdtrit

    width = max(_BLOCK, trains.duration / _MOST_BLOCKS)
    blocks = int(trains.duration // width)
    if blocks < 2:
        return float("nan"), float("nan")
    place = ((trains.time - trains.start) / width).astype(np.int64)
    count = np.bincount(place, minlength=blocks)[:blocks]
    if not count.any():
        return float("nan"), float("nan")
    dispersion = float(count.var(ddof=1) / count.mean())
    wide = float(np.exp(stdtrit(blocks - 1, 1 - _TAIL) * np.sqrt(dispersion / count.sum())))
    rate = mean_rate(trains.time, trains.duration, trains.cells)
    return rate / wide, rate * wide


def rate_course(trains: Trains) -> tuple[float, Array, Array]:
    """Return bin width (ms), left edges (ms after the start) and rate (spikes/s and cell) over the recording.

    The bins are the shortest of 1, 2, 5, 10, 20, ... s of which at most 300 cover the recording; the last incomplete
    one is left out.
    """
    width = _SHORTEST_BIN * next(
        step * 10.0**power
        for power in range(300)
        for step in _NICE
        if trains.duration <= step * 10.0**power * _SHORTEST_BIN * _MOST_BINS
    )
    bins = int(trains.duration // width)
    place = ((trains.time - trains.start) / width).astype(np.int64)
    count = np.bincount(place, minlength=bins)[:bins]
    rate: Array = count / (width / 1000) / trains.cells if trains.cells else np.full(bins, np.nan)
    return width, np.arange(bins, dtype=np.float64) * width, rate
