"""Current clamp: one cell without synaptic input, a current through the electrode, the potential at every step.

The cell runs in the loop of the component; only the current changes from one ms to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.body.neurons.hodgkin_huxley.component import loop
from knuffel.body.neurons.hodgkin_huxley.equations import FIXED_CURRENT, constants, rest
from knuffel.body.neurons.hodgkin_huxley.parameters import HodgkinHuxleyParameters, steps_per_ms

__all__ = ["Trace", "current_clamp", "pulses"]


@dataclass(frozen=True)
class Trace:
    """``time`` (ms) and ``potential`` (mV) after every step of the integration; ``spikes`` in whole ms."""

    time: npt.NDArray[np.float64]
    potential: npt.NDArray[np.float64]
    spikes: npt.NDArray[np.int64]


def current_clamp(parameters: HodgkinHuxleyParameters, current: npt.ArrayLike) -> Trace:
    """Return what a resting cell does under ``current`` (uA/cm2, one value for each ms, beside the applied current).

    ``parameters`` hold numbers, not arrays.
    """
    injected, table = np.asarray(current, dtype=np.float64), constants(parameters)
    per_ms = steps_per_ms(parameters.time_step)
    lanes = [term.ravel() for term in rest(parameters.leak_reversal, (1, 1))]
    trace = np.zeros((len(injected) * per_ms, 1), dtype=np.float32)
    fixed, silent, index = table[FIXED_CURRENT].copy(), (np.zeros(1), np.zeros(1)), np.zeros(1, dtype=np.int64)
    spikes = []
    for ms, extra in enumerate(injected):
        table[FIXED_CURRENT] = fixed + extra
        rows = trace[ms * per_ms : (ms + 1) * per_ms]
        spikes += [ms] * len(loop()(ms, 1, (0, 0), 1, index, silent, lanes, table, per_ms, rows))
    time = np.arange(1, len(trace) + 1) / per_ms
    return Trace(time, trace[:, 0].astype(np.float64), np.array(spikes, dtype=np.int64))


def pulses(
    strength: float, width: int, *, count: int = 1, interval: int = 0, before: int = 0, after: int = 0, held: float = 0
) -> npt.NDArray[np.float64]:
    """Return a current (uA/cm2, one value for each ms): ``count`` pulses of ``width`` ms every ``interval`` ms.

    ``before`` and ``after`` ms of rest around them; ``held`` flows all the time and is part of the pulses' level.
    """
    current = np.full(before + (count - 1) * interval + width + after, held, dtype=np.float64)
    for place in range(count):
        begin = before + place * interval
        current[begin : begin + width] += strength
    return current
