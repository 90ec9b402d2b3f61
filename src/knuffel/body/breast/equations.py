"""From plasma oxytocin to contraction and pressure of the gland, one grid step of one subject at a time.

    C_d      = perf (C(t - t_c) - C_b) + C_b             what arrives
    dA/dt    = (C_d - A)/tau_A                           the level that the gland has got used to
    X        = max(0, C_d - w A - (1 - w) C_b)           the rise that acts
    h        = X^n/(X^n + (EC50 DR)^n)
    dM/dt    = (h - M)/tau_on when h > M, else /tau_off  contraction, 0 to 1
    P        = P_0 + P_max M (f_0 + (1 - f_0) fill)

The gland answers to a rise, not to a level: the adaptation is our design, because plasma falls more slowly than the
pressure in the ducts. A is exact for an input that is straight over the step; M relaxes to the mean of h at both ends.

Plain Python on scalars: `kernel` compiles it, line for line.
"""

from __future__ import annotations

import math
from typing import Any

try:
    from numba.extending import register_jitable
except ImportError:  # plain Python runs without numba

    def register_jitable(function: Any) -> Any:  # type: ignore[no-redef]
        """Return the function as it is."""
        return function


__all__ = ["adapted", "contracted", "drive", "register_jitable"]


@register_jitable
def drive(arrived: float, adaptation: float, basal: float, weight: float, half: float, exponent: float) -> float:
    """Return h for what arrives (pg/mL); ``half`` is the half-effective rise under the antagonists that are there."""
    rise = arrived - weight * adaptation - (1 - weight) * basal
    if rise <= 0:
        return 0.0
    return float(1 / (1 + (half / rise) ** exponent))


@register_jitable
def adapted(adaptation: float, before: float, now: float, time: float, step: float) -> float:
    """Return A after ``step`` s while what arrives goes straight from ``before`` to ``now``."""
    left = math.exp(-step / time)
    mean = (1 - left) * time / step
    return adaptation * left + (mean - left) * before + (1 - mean) * now


@register_jitable
def contracted(contraction: float, wanted: float, time_on: float, time_off: float, step: float) -> float:
    """Return M after ``step`` s of relaxing to ``wanted``."""
    time = time_on if wanted > contraction else time_off
    return wanted + (contraction - wanted) * math.exp(-step / time)
