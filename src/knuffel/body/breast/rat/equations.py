"""Milk of a rat's mammary glands, the whole litter's as one store; one grid step at a time.

    dV/dt = S_r prl max(0, 1 - (V/V_cap)^2) - k_f V M attached - k_pass V attached

Prolactin (prl) is raised for some hours after suckling. Filling makes contraction stronger and, as an option, the gland
more sensitive.

Plain Python on scalars: `kernel` compiles it, line for line.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from knuffel.body.breast.equations import adapted, contracted, drive
from knuffel.body.contract import Floats, Ints

__all__ = ["advance_glands", "constants"]


def constants(parameters: Any) -> Floats:
    """Return what the loop needs, (row, subject) or (row, 1) when subjects do not differ; times in s, volumes in mL."""
    p = parameters
    rows = (
        p.half_effective_rise, p.hill_exponent, p.adaptation_weight, p.adaptation_time, p.contraction_time,
        p.relaxation_time, p.resting_pressure, p.maximum_rise, p.empty_share, p.ejection_rate, p.passive_rate,
        p.capacity, p.synthesis_rate, p.synthesis_exponent, p.prolactin, p.suckled_prolactin, p.prolactin_duration,
        p.fill_shift,
    )  # fmt: skip
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def advance_glands(
    first: int,
    step: int,
    levels: Floats,
    line: Floats,
    basal: Floats,
    flow: Floats,
    ratio: Floats,
    attached: Floats,
    table: Floats,
    gland: Floats,
    milk: Floats,
    suckled: Ints,
    taken: Floats,
) -> None:
    """Move every subject over the grid times ``first``, ``first`` + 1, …, ``step`` ms apart; arrays change in place.

    ``levels`` (subject, time) of plasma; ``line`` (subject, slot); ``basal`` pg/mL, ``flow`` perfusion, ``ratio`` dose
    ratio, ``attached`` share of the nipples, all (subject,); ``table`` of `constants`. ``gland`` (subject, 3):
    adaptation, contraction, pressure; ``milk`` (subject, 2): in store, made so far; ``suckled`` (subject,) ms of the
    last suckling; ``taken`` (subject,) receives the milk that left.
    """
    slots, seconds = line.shape[1], step / 1000
    for row in range(len(basal)):
        own = table[:, row if table.shape[1] > 1 else 0]
        half, exponent, weight, time_a, time_on, time_off = own[0], own[1], own[2], own[3], own[4], own[5]
        rest, most, empty, rate, passive, capacity = own[6], own[7], own[8], own[9], own[10], own[11]
        making, power, unsuckled, raised, lasting, shift = own[12], own[13], own[14], own[15], own[16], own[17]
        half *= ratio[row]
        adaptation, contraction, pressure = gland[row, 0], gland[row, 1], gland[row, 2]
        volume = milk[row, 0]
        taken[row] = 0.0
        for place in range(levels.shape[1]):
            grid = first + place
            here, oldest = grid % slots, (grid + 1) % slots
            before = flow[row] * (line[row, here] - basal[row]) + basal[row]
            line[row, here] = levels[row, place]
            arrived = flow[row] * (line[row, oldest] - basal[row]) + basal[row]
            needed = half * 2 ** (shift * (1 - min(volume / capacity, 1.0)))
            wanted = drive(before, adaptation, basal[row], weight, needed, exponent)
            adaptation = adapted(adaptation, before, arrived, time_a, seconds)
            wanted = (wanted + drive(arrived, adaptation, basal[row], weight, needed, exponent)) / 2
            earlier = contraction
            contraction = contracted(contraction, wanted, time_on, time_off, seconds)
            if attached[row] > 0:
                suckled[row] = grid * step
            prolactin = raised if (grid * step - suckled[row]) <= lasting * 1000 else unsuckled
            squeeze = (earlier + contraction) / 2
            left = volume * -math.expm1(-(rate * squeeze + passive) * attached[row] * seconds)
            made = making * prolactin * max(1 - (volume / capacity) ** power, 0.0) * seconds
            volume += made - left
            milk[row, 1] += made
            taken[row] += left
            pressure = rest + most * contraction * (empty + (1 - empty) * min(max(volume / capacity, 0.0), 1.0))
        milk[row, 0] = volume
        gland[row, 0], gland[row, 1], gland[row, 2] = adaptation, contraction, pressure
