"""Voltage clamp of one uterine cell: potential and calcium are held, so every gate relaxes exactly as an
exponential.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.body.uterus.cell import layout
from knuffel.body.uterus.cell.parameters import UterineCellParameters, packed
from knuffel.errors import ParameterError

__all__ = ["Currents", "voltage_clamp"]

Floats = npt.NDArray[np.float64]
_FURTHEST = 200


@dataclass(frozen=True)
class Currents:
    """``time`` (sample,) in ms since the potential changed; ``current`` by channel, (sample,) in pA/pF."""

    time: Floats
    current: dict[str, Floats]

    def peak(self, channel: str) -> tuple[float, float]:
        """Return the largest current of a channel in size (pA/pF), with its sign, and its time (ms)."""
        trace = self.current[channel]
        place = int(np.argmax(np.abs(trace)))
        return float(trace[place]), float(self.time[place])


def voltage_clamp(
    parameters: UterineCellParameters,
    holding: float,
    potential: float,
    duration: float,
    *,
    calcium: float = 1e-4,
    sample: float = 0.1,
) -> Currents:
    """Return the currents after a jump from ``holding`` to ``potential`` (mV), gates settled before, for ``duration``
    ms.

    ``calcium`` is held (mM). The parameters hold numbers, not arrays. Raises `ParameterError` for a potential beyond
    200 mV, calcium that is not above 0, a duration or sample that is not.
    """
    from knuffel.body.uterus.cell.equations import CHANNEL_NAMES, CHANNELS, fix_fast_gates, membrane, openings, prepare
    from knuffel.body.uterus.cell.gates import relaxation

    for value in (holding, potential):
        if not abs(value) <= _FURTHEST:
            raise ParameterError(f"the clamped potential is {value} mV; it has to be from -200 to 200 mV")
    for name, value in (("calcium", calcium), ("duration", duration), ("sample", sample)):
        if not 0 < value < np.inf:
            raise ParameterError(f"{name} of the voltage clamp is {value}; it has to be above 0 and finite")
    table = packed(parameters)
    if len(table) != 1:
        raise ParameterError("the voltage clamp takes one cell")
    p = np.empty(layout.PACKED + layout.DERIVED)
    prepare(table[0], 0, p)
    before, settled, rate = np.zeros(layout.STATES), np.zeros(layout.STATES), np.zeros(layout.STATES)
    relaxation(holding, calcium, p, before, rate)
    relaxation(potential, calcium, p, settled, rate)
    time = np.append(np.arange(0, duration, sample), duration)
    gates = settled[:, None] + (before - settled)[:, None] * np.exp(-rate[:, None] * time)
    if p[layout.INSTANT] > 0:
        fix_fast_gates(settled, rate, gates)
    full, opened = np.zeros(CHANNELS + 3), np.zeros((CHANNELS, len(time)))
    membrane(potential, calcium, p, full)
    openings(gates, p, opened)
    return Currents(time, {name: full[place] * opened[place] for place, name in enumerate(CHANNEL_NAMES)})
