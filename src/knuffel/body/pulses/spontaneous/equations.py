"""When pulses come and how much they hold, as pure functions on arrays.

IV      = T/n                                    mean interval: n pulses in the time T
t_{k+1} = t_k + dead + (IV - dead) E_k           E exponential of mean 1: the hazard is 1/(IV - dead)
m       = c V1,   V1 = (V + V_p f) BW/BW_ref     a pulse would raise the central volume by c at once
m_birth = (r - 1) C_basal CL T_b / n_b           n_b pulses that make secretion r times basal over T_b
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.contract import Ints
from knuffel.body.pulses.equations import EVER

__all__ = ["birth_mass", "first_time", "mean_interval", "milliseconds", "next_wait"]


def mean_interval(count: Any, window: Any) -> Any:
    """Return the mean interval (s) of ``count`` pulses in ``window`` s; infinite when there are none."""
    count = np.asarray(count, dtype=np.float64)
    return np.divide(window, count, out=np.full(np.broadcast(count, window).shape, np.inf), where=count > 0)


def first_time(uniform: Any, interval: Any, dead_time: Any) -> Any:
    """Return when (s) the first pulse comes after a moment that has nothing to do with the pulses before it.

    ``uniform`` (0 to 1) goes through the inverse of the distribution of the time to the next pulse, of which the
    density is constant over the dead time and falls exponentially after it. So the expected number of pulses is right
    from the start.
    """
    comes = np.isfinite(interval)
    mean = np.where(comes, interval, dead_time)
    even, slack = uniform * mean, np.maximum(mean - dead_time, 0)
    beyond = (even > dead_time) & (slack > 0)
    ratio = mean / np.where(slack > 0, slack, mean)
    late = dead_time - np.log(np.where(beyond, (1 - uniform) * ratio, 1.0)) * slack
    return np.where(comes, np.where(beyond, late, even), np.inf)


def next_wait(uniform: Any, interval: Any, dead_time: Any) -> Any:
    """Return the time (s) from one pulse to the next, the dead time at least; its mean is ``interval``."""
    return dead_time - np.log(uniform) * np.maximum(interval - dead_time, 0)


def birth_mass(rise: Any, basal: Any, clearance: Any, duration: Any, pulses: Any) -> Any:
    """Return the mass (pg) of each of ``pulses`` that bring basal secretion to ``rise`` times over ``duration`` s."""
    return (rise - 1) * basal * clearance * duration / pulses


def milliseconds(seconds: Any) -> Ints:
    """Return whole milliseconds, rounded up; `EVER` for what never comes."""
    whole = np.ceil(np.asarray(seconds, dtype=np.float64) * 1000)
    comes = whole < EVER / 2
    return np.where(comes, np.where(comes, whole, 0).astype(np.int64), EVER)
