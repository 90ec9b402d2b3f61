"""All statistics of a recording in one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.spikes.correlation import correlate
from knuffel.analysis.spikes.dispersion import DISPERSION_BINS, count_moments
from knuffel.analysis.spikes.interspike import (
    ExponentialTail,
    coefficient_of_variation,
    exponential_tail,
    hazard,
    interval_histogram,
    interval_mode,
    local_variation,
)
from knuffel.analysis.spikes.quadratic import quadratic_edges, quadratic_histogram
from knuffel.analysis.spikes.rate import mean_rate, poisson_interval, rate_course, rate_interval
from knuffel.analysis.spikes.trains import FEWEST, Array, gather
from knuffel.errors import ParameterError

__all__ = ["SpikeStatistics", "statistics"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SpikeStatistics:
    """What the spikes of a recording look like. NaN where there are too few spikes for a number.

    Times, intervals and bin widths are in ms, rates in spikes/s and cell. Intervals are those within cells, taken
    together; "left" means left edges of bins.
    """

    spikes: int
    """Spikes within the recording."""
    cells: int
    """Cells recorded, silent ones included where their number was given."""
    start: float
    """Start of the recording."""
    duration: float
    """Length of the recording."""
    rate: float
    """Mean rate."""
    rate_interval: tuple[float, float]
    """95 % confidence interval of the rate from sums over 10-s blocks (`rate.rate_interval`)."""
    rate_interval_poisson: tuple[float, float]
    """Exact 95 % confidence interval if the spikes were a Poisson process (`rate.poisson_interval`)."""
    interval_mean: float
    """Mean interspike interval."""
    interval_cv: float
    """Coefficient of variation of the intervals."""
    interval_cv2: float
    """Coefficient of variation of neighbouring intervals, CV2."""
    interval_mode: float
    """Interval at which the histogram, averaged over five bins, is highest."""
    tail: ExponentialTail
    """Exponential fitted to the histogram beyond the mode."""
    bin_width: float
    """Bin width of histogram, hazard and autocorrelation."""
    interval_left: Array
    """Left edges of the bins of histogram and hazard."""
    interval_histogram: Array
    """Intervals in each bin, of 10 000."""
    hazard: Array
    """Share of the intervals that have lasted to a bin and end in it."""
    quadratic_left: Array
    """Left edges of the 512 quadratic bins."""
    quadratic_histogram: Array
    """Share of the intervals in each quadratic bin, averaged over five bins; the sum is 1."""
    dispersion_bins: Array
    """Bin widths of dispersion and variation of counts."""
    dispersion: Array
    """Index of dispersion of the spike counts at each bin width."""
    count_cv: Array
    """Coefficient of variation of the spike counts at each bin width."""
    omitted_bins: int
    """Complete bins left out at the end of the recording for these two."""
    lag_left: Array
    """Left edges of the lags."""
    autocorrelation: Array
    """Pairs of spikes at each lag over the number expected by chance."""
    course_bin: float
    """Bin width of the course of the rate."""
    course_left: Array
    """Left edges of its bins, after the start."""
    course_rate: Array
    """Rate in each bin."""

    def as_dict(self) -> dict[str, Any]:
        """Return everything as data for JSON: lists for arrays, None for what does not exist."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def statistics(
    times: npt.ArrayLike,
    cells: npt.ArrayLike | None = None,
    *,
    duration: float | None = None,
    start: float = 0.0,
    bin_width: float = 5.0,
    longest: float = 2000.0,
    longest_lag: float = 1000.0,
    dispersion_bins: Sequence[float] = DISPERSION_BINS,
    omitted_bins: int = 0,
    cell_count: int | None = None,
) -> SpikeStatistics:
    """Return the statistics of one spike train, or of several when ``cells`` names the cell of each spike.

    ``times`` (ms) in any order. The recording lasts ``duration`` ms from ``start``, or up to the last spike; spikes
    outside it are left out. ``bin_width`` and ``longest`` (ms) are those of histogram and hazard, ``longest_lag`` that
    of the autocorrelation. ``omitted_bins`` complete bins at the end are left out of the dispersion (4 in the published
    fitting code). ``cell_count`` tells how many cells were recorded when some were silent.

    With fewer than ten spikes everything but count and rate is NaN. Ten million spikes take some seconds. Raises
    `ParameterError` for arguments without meaning, naming what was found.
    """
    _check(bin_width, longest, longest_lag, dispersion_bins, omitted_bins)
    trains = gather(times, cells, duration=duration, start=start, cell_count=cell_count)
    gap = trains.intervals
    left, contents = interval_histogram(gap, bin_width, longest)
    moments = [count_moments(trains, width, omitted_bins) for width in dispersion_bins]
    lag_left, correlation = correlate(trains, bin_width, longest_lag)
    course_bin, course_left, course_rate = rate_course(trains)
    return SpikeStatistics(
        spikes=trains.spikes,
        cells=trains.cells,
        start=trains.start,
        duration=trains.duration,
        rate=mean_rate(trains.time, trains.duration, trains.cells),
        rate_interval=rate_interval(trains),
        rate_interval_poisson=poisson_interval(trains.spikes, trains.duration / 1000 * trains.cells),
        interval_mean=float(gap.mean()) if len(gap) + 1 >= FEWEST else float("nan"),
        interval_cv=coefficient_of_variation(gap),
        interval_cv2=local_variation(trains),
        interval_mode=interval_mode(left, contents),
        tail=exponential_tail(gap, bin_width),
        bin_width=float(bin_width),
        interval_left=left,
        interval_histogram=contents,
        hazard=hazard(gap, bin_width, longest)[1],
        quadratic_left=quadratic_edges(),
        quadratic_histogram=quadratic_histogram(gap),
        dispersion_bins=np.asarray(dispersion_bins, dtype=np.float64),
        dispersion=np.array([item.dispersion for item in moments]),
        count_cv=np.array([item.variation for item in moments]),
        omitted_bins=omitted_bins,
        lag_left=lag_left,
        autocorrelation=correlation,
        course_bin=course_bin,
        course_left=course_left,
        course_rate=course_rate,
    )


def _check(
    bin_width: float, longest: float, longest_lag: float, dispersion_bins: Sequence[float], omitted_bins: int
) -> None:
    if not (np.isfinite(bin_width) and bin_width > 0):
        raise ParameterError(f"bin_width: found {bin_width}; allowed: a finite width above 0 ms")
    for name, value in (("longest", longest), ("longest_lag", longest_lag)):
        if not (np.isfinite(value) and value >= bin_width):
            raise ParameterError(f"{name}: found {value}; allowed: a finite time of at least one bin, {bin_width} ms")
    if not all(np.isfinite(width) and width > 0 for width in dispersion_bins):
        raise ParameterError(f"dispersion_bins: found {tuple(dispersion_bins)}; allowed: finite widths above 0 ms")
    if omitted_bins < 0:
        raise ParameterError(f"omitted_bins: found {omitted_bins}; allowed: 0 or more")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return int(value)
