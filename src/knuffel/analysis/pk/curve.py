"""From what was sampled to the curve that is summed up: limits of quantification, baseline, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["ROUTES", "Curve", "curve_of", "quantified"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ROUTES = ("extravascular", "iv_bolus", "iv_infusion")


@dataclass
class Curve:
    """One subject's samples.

    ``time`` and ``level`` (baseline taken away) begin with the dose; ``start`` is its time. ``added`` counts points at
    the front that were not sampled. ``initial`` is the level at the time of an intravenous bolus, else NaN. ``reasons``
    say what was assumed.
    """

    time: Floats
    level: Floats
    start: float
    added: int = 0
    initial: float = float("nan")
    reasons: list[str] = field(default_factory=list)


def quantified(time: Floats, level: Floats, below: Flags) -> tuple[Floats, Floats]:
    """Return the samples that count, after the usual rule for values below the limit of quantification.

    Before the first quantified sample they are 0, after the last they are dropped, in between they are missing. Samples
    that are NaN are missing.
    """
    sound = np.flatnonzero(~below & np.isfinite(level))
    if len(sound) == 0:
        return time[:0], level[:0]
    place = np.arange(len(time))
    level = np.where(below & (place < sound[0]), 0.0, level)
    kept = np.isfinite(level) & (~below | (place < sound[0]))
    return time[kept], level[kept]


def curve_of(time: Floats, level: Floats, route: str, dose_time: float | None) -> Curve:
    """Return the curve from the dose on.

    An intravenous bolus starts at its first two samples, extended back on a logarithmic scale; at the first sample when
    they do not fall. A sample at the very time of the bolus that is below the next one was taken before it. On other
    routes the curve starts at the first sample, or, when the time of the dose is known, at the last level before it,
    0 without one.
    """
    if len(time) == 0:
        return Curve(time, level, 0.0 if dose_time is None else dose_time)
    if route == "iv_bolus":
        return _bolus(time, level, 0.0 if dose_time is None else dose_time)
    if dose_time is None:
        return Curve(time, level, float(time[0]))
    later = time >= dose_time
    curve = Curve(time[later], level[later], dose_time)
    if len(curve.time) and curve.time[0] > dose_time:
        first = float(level[~later][-1]) if (~later).any() else 0.0
        curve.time = np.concatenate([[dose_time], curve.time])
        curve.level = np.concatenate([[first], curve.level])
        curve.added = 1
        what = "the last level before it" if (~later).any() else "0"
        curve.reasons.append(f"no sample at the time of the dose: {what} stands there")
    return curve


def _bolus(time: Floats, level: Floats, start: float) -> Curve:
    later = time >= start
    time, level = time[later], level[later]
    if len(time) > 1 and time[0] == start and level[0] < level[1]:
        time, level = time[1:], level[1:]
    curve = Curve(time, level, start)
    if len(time) == 0:
        return curve
    curve.initial = float(level[0])
    if time[0] == start:
        return curve
    if len(time) > 1 and level[0] > level[1] > 0:
        rate = np.log(level[0] / level[1]) / (time[1] - time[0])
        with np.errstate(over="ignore"):
            extended = float(level[0] * np.exp(rate * (time[0] - start)))
        if np.isfinite(extended):
            curve.initial = extended
    else:
        curve.reasons.append("the first two samples do not fall: the level at the bolus is that of the first")
    curve.time = np.concatenate([[start], time])
    curve.level = np.concatenate([[curve.initial], level])
    curve.added = 1
    return curve
