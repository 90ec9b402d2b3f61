"""Time courses of stimuli, as pure functions of the time since the start of the event.

Every function takes seconds and returns a number; ``left`` asks for the left limit where the course jumps (at its
start or at its end), otherwise the right limit is returned.
"""

from __future__ import annotations

import math

__all__ = ["event_course", "exponential", "habituated", "ramp", "saturating_ramp", "step", "train"]


def event_course(u: float, duration: float, lag: float, rise: float, decay: float, *, left: bool = False) -> float:
    """Return the strength (0 to 1) of an event ``u`` seconds after its start.

    Zero before the lag; then 1 - exp(-(u - lag)/rise) as long as the event lasts; after its end the value reached
    decays as exp(-(u - duration)/decay). The lag delays the rise, not the end. A rise or decay of zero is a jump.
    """
    if u < 0 or (left and u == 0):
        return 0.0
    if u < duration or (left and u == duration):
        return _risen(u - lag, rise, left)
    if decay == 0:
        return 0.0
    reached = _risen(duration - lag, rise, duration > 0)
    return reached * math.exp(-(u - duration) / decay)


def _risen(since: float, rise: float, left: bool) -> float:
    if since < 0 or (left and since == 0):
        return 0.0
    return 1.0 if rise == 0 else -math.expm1(-since / rise)


def habituated(u: float, lag: float, time_constant: float) -> float:
    """Return the factor exp(-(u - lag)/time_constant) by which a lasting stimulus wears off; 1 without habituation."""
    if time_constant == 0 or math.isinf(time_constant) or u <= lag:
        return 1.0
    return math.exp(-(u - lag) / time_constant)


def step(u: float, duration: float, gain: float, after: float, *, left: bool = False) -> float:
    """Return ``gain`` from the start to the end, 1 before and ``after`` afterwards."""
    if u < 0 or (left and u == 0):
        return 1.0
    return gain if u < duration or (left and u == duration) else after


def ramp(u: float, duration: float, start: float, gain: float, after: float, *, left: bool = False) -> float:
    """Return the straight line from ``start`` to ``gain``; 1 before and ``after`` afterwards."""
    if _outside(u, duration, left):
        return step(u, duration, gain, after, left=left)
    return start + (gain - start) * u / duration


def saturating_ramp(
    u: float, duration: float, start: float, gain: float, time_constant: float, after: float, *, left: bool = False
) -> float:
    """Return start + (gain - start)(1 - exp(-u/time_constant)); 1 before and ``after`` afterwards."""
    if _outside(u, duration, left):
        return step(u, duration, gain, after, left=left)
    return start - (gain - start) * math.expm1(-u / time_constant)


def _outside(u: float, duration: float, left: bool) -> bool:
    return not (0 < u <= duration if left else 0 <= u < duration)


def train(duration: int, rate: float) -> list[int]:
    """Return the times (ms) of regular stimuli over ``duration`` ms at a ``rate`` in Hz, the first one interval on.

    Each is rounded up to a whole millisecond.
    """
    # The small number undoes rounding errors of the division, which would push an exact ms to the next one.
    count = int(rate * duration / 1000 + 1e-9)
    return [math.ceil(place * 1000 / rate - 1e-9) for place in range(1, count + 1)]


def exponential(u: float, gain: float, time_constant: float, *, left: bool = False) -> float:
    """Return 1 + (gain - 1) exp(-u/time_constant), a jump to ``gain`` that dies away; 1 before."""
    if u < 0 or (left and u == 0):
        return 1.0
    return 1 + (gain - 1) * math.exp(-u / time_constant)
