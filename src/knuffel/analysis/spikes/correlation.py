"""How likely a spike is at each time after another one of the same cell."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.dispersion import run_lengths
from knuffel.analysis.spikes.trains import FEWEST, Array, Trains, gather

__all__ = ["autocorrelation"]

_MOST_PAIRS = 2**27


def autocorrelation(
    times: npt.ArrayLike,
    cells: npt.ArrayLike | None = None,
    *,
    duration: float | None = None,
    start: float = 0.0,
    bin_width: float = 5.0,
    longest: float = 1000.0,
) -> tuple[Array, Array]:
    """Return left edges (ms) of the lags and the autocorrelation of spike trains, 1 where a spike tells nothing.

    Lag bin [l, l + ``bin_width``) holds the pairs of spikes of one cell, neighbours or not, whose times differ by that
    much, over the number expected when the same spikes fall anywhere in the recording: N (N - 1) / T^2 times the
    integral of (T - lag) over the bin. A spike is not paired with itself. NaN for fewer than ten spikes, and at lags
    that the recording does not hold.

    Of more than about 10^8 pairs only blocks of spikes, evenly spaced over the recording, are compared with all that
    follow them: the time stays bounded.
    """
    return correlate(gather(times, cells, duration=duration, start=start), bin_width, longest)


def correlate(trains: Trains, bin_width: float, longest: float) -> tuple[Array, Array]:
    """Return lags and autocorrelation of trains."""
    from knuffel.analysis.spikes.kernel import count_pairs

    bins = round(longest / bin_width)
    left: Array = np.arange(bins, dtype=np.float64) * bin_width
    whole = trains.duration
    if trains.spikes < FEWEST or whole == 0:
        return left, np.full(bins, np.nan)
    spikes = np.bincount(trains.cell).astype(np.float64)
    within = np.minimum(np.arange(bins + 1) * bin_width, whole)
    expected = float(spikes @ (spikes - 1)) / whole**2 * np.diff(whole * within - within**2 / 2)
    # Spikes that share a window as long as the lags: about as many pairs as there will be, bursts included.
    together = run_lengths(np.floor(trains.time / (bins * bin_width)), trains.cell).astype(np.float64)
    stride = ceil(float(together @ together) / _MOST_PAIRS)
    pairs = np.zeros(bins, dtype=np.int64)
    compared = count_pairs(trains.time, trains.cell, float(bin_width), stride, pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative: Array = np.where(expected > 0, pairs / (expected * (compared / trains.spikes)), np.nan)
    return left, relative
