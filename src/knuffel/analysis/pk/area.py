"""Areas under a curve of samples, its first moment, and the time that it lies above a level.

Between two samples the curve is a straight line or falls exponentially:

- ``linear``: a line everywhere;
- ``log``: exponential wherever both samples are above zero;
- ``linear_up_log_down``: a line upwards, exponential downwards (Purves 1992 calls it the best of the simple rules; from
  memory).

The moment of an exponential piece is its integral; that of a straight piece is the trapezoid of time x concentration,
as the programs for this analysis have it, which is slightly too large.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["METHODS", "area", "moment", "time_above", "value_at"]

Floats = npt.NDArray[np.float64]

METHODS = ("linear_up_log_down", "linear", "log")
_SERIES_BELOW = 0.1  # where the closed form of the moment cancels
_TERMS = 10


def area(time: Floats, level: Floats, method: str) -> float:
    """Return the area under samples at ascending times; 0 for fewer than two."""
    return float(_areas(time, level, method).sum())


def moment(time: Floats, level: Floats, method: str) -> float:
    """Return the area under time x concentration of samples at ascending times."""
    if len(time) < 2:
        return 0.0
    before, after, width = level[:-1], level[1:], np.diff(time)
    pieces = width * (time[:-1] * before + time[1:] * after) / 2
    bent = _bent(before, after, method)
    if bent.any():
        first, last, step = before[bent], after[bent], width[bent]
        drop = np.log(first / last)
        # A rising piece is a falling one read backwards, which keeps the exponentials below one.
        falls = drop > 0
        high, origin = np.where(falls, first, last), np.where(falls, time[:-1][bent], time[1:][bent])
        own = high * step**2 * _moment_factor(np.abs(drop))
        pieces[bent] = origin * _areas(time, level, method)[bent] + np.where(falls, own, -own)
    return float(pieces.sum())


def time_above(time: Floats, level: Floats, threshold: float, method: str) -> float:
    """Return how long the curve between the first and the last sample lies above ``threshold``, in the unit of time."""
    if len(time) < 2:
        return 0.0
    before, after, width = level[:-1], level[1:], np.diff(time)
    high, low = np.maximum(before, after), np.minimum(before, after)
    share = (low > threshold).astype(np.float64)
    crossing = (high > threshold) & (low <= threshold)
    bent = crossing & _bent(before, after, method)
    line = crossing & ~bent
    share[line] = (high[line] - threshold) / (high[line] - low[line])
    share[bent] = np.log(high[bent] / threshold) / np.log(high[bent] / low[bent])
    return float((share * width).sum())


def value_at(time: Floats, level: Floats, at: float, method: str) -> float:
    """Return the curve at a time; NaN before the first and after the last sample."""
    if len(time) == 0 or not time[0] <= at <= time[-1]:
        return float("nan")
    place = int(np.searchsorted(time, at))
    if time[place] == at:
        return float(level[place])
    first, last = level[place - 1], level[place]
    share = (at - time[place - 1]) / (time[place] - time[place - 1])
    if _bent(level[place - 1 : place], level[place : place + 1], method)[0]:
        return float(first * (last / first) ** share)
    return float(first + (last - first) * share)


def _areas(time: Floats, level: Floats, method: str) -> Floats:
    if len(time) < 2:
        return np.zeros(0)
    before, after, width = level[:-1], level[1:], np.diff(time)
    pieces = np.asarray(width * (before + after) / 2)
    bent = _bent(before, after, method)
    if bent.any():
        high = np.maximum(before, after)[bent]
        drop = np.abs(np.log(before[bent] / after[bent]))
        pieces[bent] = high * width[bent] * -np.expm1(-drop) / drop
    return pieces


def _bent(before: Floats, after: Floats, method: str) -> npt.NDArray[np.bool_]:
    """Return between which samples the curve is exponential."""
    if method == "linear":
        return np.zeros(len(before), dtype=bool)
    positive = (before > 0) & (after > 0)
    wanted = before > after if method == "linear_up_log_down" else before != after
    chosen = positive & wanted
    chosen[chosen] = np.log(before[chosen] / after[chosen]) != 0  # neighbouring numbers
    return np.asarray(chosen)


def _moment_factor(drop: Floats) -> Floats:
    """Return the integral of s exp(-drop s) over s from 0 to 1."""
    large = np.maximum(drop, _SERIES_BELOW)
    closed = (1 - np.exp(-large) * (1 + large)) / large**2
    series, term = np.zeros_like(drop), np.ones_like(drop)
    for power in range(_TERMS):
        series += term / (power + 2)
        term = term * -drop / (power + 1)
    return np.where(drop < _SERIES_BELOW, series, closed)
