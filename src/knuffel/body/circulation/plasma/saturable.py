"""Oxytocin whose clearance saturates: both copies compete for one elimination, so the system is no longer linear.

    dA_i/dt = … - CL C_i (1 - s) - CL s K C_i / (K + C)        C = C_endogenous + C_exogenous

CL is the clearance less what crosses to the brain, ``s`` the share of it that saturates and K the concentration that
halves it. Everything else is the linear system; the steps are those of Dormand and Prince, fifth order, with an error
estimate at each.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.contract import Floats
from knuffel.body.methods import DORMAND_PRINCE, DORMAND_PRINCE_FOURTH, GROWTH, SAFETY, SHRINK

__all__ = ["move_saturable"]

_TOLERANCE = 1e-11
_SMALLEST_STEP = 1e-9


@njit(cache=True, nogil=True, error_model="numpy")
def _slope(linear: Floats, x: Floats, supply: Floats, where: Floats, numbers: Floats, result: Floats) -> None:
    """Write the derivative: the linear part, less what the saturated elimination leaves in place."""
    size = len(x)
    for target in range(size):
        total = supply[target]
        for source in range(size):
            total += linear[target, source] * x[source]
        result[target] = total
    first, second, sink_first, sink_second = int(where[0]), int(where[1]), int(where[2]), int(where[3])
    clearance, volume, share, half = numbers[0], numbers[1], numbers[2], numbers[3]
    level = (x[first] + x[second]) / volume
    kept = clearance / volume * share * level / (half + level)
    result[first] += kept * x[first]
    result[second] += kept * x[second]
    result[sink_first] -= kept * x[first]
    result[sink_second] -= kept * x[second]


@njit(cache=True, nogil=True, error_model="numpy")
def move_saturable(
    rates: Floats, amounts: Floats, supplies: Floats, where: Floats, numbers: Floats, seconds: float
) -> Floats:
    """Return amounts and what came into the sinks, (subject, n), after ``seconds``.

    ``rates`` (row, n, n) in 1/s is the linear system with both copies and their sinks, one row or one for each subject;
    ``amounts`` and ``supplies`` (what comes in per second) are (subject, n); ``where`` holds the places of the two
    central compartments and of their sinks, ``numbers`` (row, 4) clearance (mL/s), volume (mL), the share that
    saturates and the concentration (pg/mL) that halves it.
    """
    result = amounts.copy()
    size = amounts.shape[1]
    stages, trial, slope = np.empty((7, size)), np.empty(size), np.empty(size)
    for subject in range(amounts.shape[0]):
        row = subject if rates.shape[0] > 1 else 0
        x, supply = result[subject], supplies[subject]
        done, step = 0.0, min(seconds, 0.1)
        _slope(rates[row], x, supply, where, numbers[row], stages[0])
        while done < seconds:
            step = min(step, seconds - done)
            for stage in range(1, 7):
                for i in range(size):
                    total = 0.0
                    for earlier in range(stage):
                        total += DORMAND_PRINCE[stage, earlier] * stages[earlier, i]
                    trial[i] = x[i] + step * total
                _slope(rates[row], trial, supply, where, numbers[row], slope)
                stages[stage] = slope
            scale, error = 0.0, 0.0
            for i in range(size):
                fourth = 0.0
                for stage in range(7):
                    fourth += DORMAND_PRINCE_FOURTH[stage] * stages[stage, i]
                scale = max(scale, abs(trial[i]))
                error = max(error, abs(trial[i] - x[i] - step * fourth))
            allowed = _TOLERANCE * scale
            if error <= allowed or step < _SMALLEST_STEP:
                done += step
                x[:] = trial
                stages[0] = stages[6]
            growth = GROWTH if error == 0.0 else SAFETY * (allowed / error) ** SHRINK  # fifth root
            step *= min(GROWTH, max(SHRINK, growth))
    return result
