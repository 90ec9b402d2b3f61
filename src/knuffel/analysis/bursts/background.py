"""What cells do between bursts of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts.definitions import Definitions, Floats, checked, definitions
from knuffel.analysis.bursts.network import NetworkBursts
from knuffel.errors import ParameterError

__all__ = ["Background", "background"]

_SMOOTHED = 3


@dataclass(frozen=True, eq=False)
class Background:
    """Spikes between bursts: ``rate`` (1/s and cell), ``seconds`` of background, ``intervals`` (ms), ``mode`` (ms)."""

    rate: float
    seconds: float
    intervals: Floats
    mode: float


def background(
    times: npt.ArrayLike,
    cells: npt.ArrayLike,
    cell_count: int,
    duration: float,
    bursts: NetworkBursts,
    rules: Definitions | None = None,
) -> Background:
    """Return the background of a record of ``duration`` ms from 0.

    Intervals count when both of their spikes are background and no burst lies between them. The mode is the peak of
    their histogram after a running mean over three bins. Raises `ParameterError` as `cell_bursts` does, and for a
    duration that is not above 0.
    """
    rules = rules or definitions()
    if not (np.isfinite(duration) and duration > 0):
        raise ParameterError(f"duration: found {duration}; allowed: a finite time in ms above 0")
    time, cell = checked(times, cells, cell_count)
    begins = np.clip(bursts.start - rules.before, 0, duration)
    ends = np.clip(bursts.end + rules.after, 0, duration)
    ends = np.maximum.accumulate(ends) if len(ends) else ends
    begins = np.maximum(begins, np.concatenate([[0.0], ends[:-1]])) if len(begins) else begins
    seconds = (duration - float((ends - begins).clip(0).sum())) / 1000
    place = np.searchsorted(begins, time, side="right")
    quiet = (place == 0) | (time > np.concatenate([[-np.inf], ends])[place])
    inside = quiet & (time >= 0) & (time <= duration)
    rate = float(inside.sum()) / cell_count / seconds if seconds > 0 else np.nan
    pairs = inside[1:] & inside[:-1] & (cell[1:] == cell[:-1]) & (place[1:] == place[:-1])
    intervals = np.diff(time)[pairs]
    return Background(rate, seconds, intervals, _mode(intervals, rules.mode_width))


def _mode(intervals: Floats, width: float) -> float:
    if not len(intervals):
        return float("nan")
    edges = np.arange(0, intervals.max() + 2 * width, width)
    counts = np.histogram(intervals, edges)[0].astype(np.float64)
    smooth = np.convolve(counts, np.full(_SMOOTHED, 1 / _SMOOTHED), mode="same")
    return float(edges[np.argmax(smooth)] + width / 2)
