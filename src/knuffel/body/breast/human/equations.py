"""Milk of a woman's two breasts: let-down, removal, and what is made anew; one grid step at a time.

At the start of a feed the share f_acc of the milk V of a breast can be reached by contraction, and up to V_d lies in
the ducts. While a baby or a pump sucks (suck 0 to 1):

    dV_acc/dt = -k_f V_acc M suck                 ductal milk leaves with its own time constant, without let-down
    dV/dt     = S_max g(day) R max(0, 1 - (V/V_cap)^1.5) - flow
    g(day)    = 1/(1 + exp(-(day - d_0)/s))       lactogenesis II after birth
    dR/dt     = (R_inf - R)/tau_R,   R_inf = R_0 + (1 - R_0) min(N24, N)/N prl

N24 counts the removals of the last 24 hours. A breast that is not sucked drips under high pressure. Once the baby has
had enough it takes no more.

Plain Python on scalars: `kernel` compiles it, line for line.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from knuffel.body.breast.equations import adapted, contracted, drive
from knuffel.body.contract import Floats, Ints

__all__ = ["DAY", "advance_breasts", "constants"]

DAY = 24 * 3600 * 1000


def constants(parameters: Any) -> Floats:
    """Return what the loop needs, (row, subject) or (row, 1) when subjects do not differ; times in s, volumes in mL."""
    p = parameters
    rows = (
        p.half_effective_rise, p.hill_exponent, p.adaptation_weight, p.adaptation_time, p.contraction_time,
        p.relaxation_time, p.resting_pressure, p.maximum_rise, p.empty_share, p.ejection_rate, p.accessible_share,
        p.ductal_volume, p.ductal_time, p.leak_rise, p.leak_share, p.capacity, p.synthesis_rate, p.synthesis_exponent,
        p.lactogenesis_day, p.lactogenesis_spread, p.response_time, p.response_floor, p.full_frequency, p.prolactin,
    )  # fmt: skip
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def advance_breasts(
    first: int,
    step: int,
    levels: Floats,
    line: Floats,
    basal: Floats,
    flow: Floats,
    ratio: Floats,
    suction: Floats,
    latched: Floats,
    appetite: Floats,
    day: Floats,
    table: Floats,
    gland: Floats,
    milk: Floats,
    feed: Floats,
    feed_times: Ints,
    feed_place: Ints,
    taken: Floats,
) -> None:
    """Move every subject over the grid times ``first``, ``first`` + 1, …, ``step`` ms apart; arrays change in place.

    ``levels`` (subject, time) of plasma; ``line`` (subject, slot); ``basal`` pg/mL, ``flow`` perfusion, ``ratio`` dose
    ratio, ``latched``, ``appetite`` mL (0: no limit), ``day`` after birth, all (subject,); ``suction`` (subject, side);
    ``table`` of `constants`. ``gland`` (subject, 3): adaptation, contraction, pressure; ``milk`` (subject, 4, side):
    in store, accessible, in the ducts, made so far; ``feed`` (subject, 3): whether one is on, milk of this feed,
    response R; ``feed_times`` (subject, slot) ms of the removals, ``feed_place`` (subject, 2) the oldest that counts,
    and how many there were;
    ``taken`` (subject,) receives the milk that left.
    """
    slots, seconds = line.shape[1], step / 1000
    for row in range(len(basal)):
        own = table[:, row if table.shape[1] > 1 else 0]
        half, exponent, weight, time_a, time_on, time_off = own[0], own[1], own[2], own[3], own[4], own[5]
        rest, most, empty, rate, share, ducts = own[6], own[7], own[8], own[9], own[10], own[11]
        duct_time, leak_rise, leak_share, capacity = own[12], own[13], own[14], own[15]
        making, power, onset, spread = own[16], own[17], own[18], own[19]
        response_time, floor, often, prolactin = own[20], own[21], own[22], own[23]
        half *= ratio[row]
        adaptation, contraction, pressure = gland[row, 0], gland[row, 1], gland[row, 2]
        grown = 1 / (1 + math.exp(-(day[row] - onset) / spread))
        taken[row] = 0.0
        for place in range(levels.shape[1]):
            grid = first + place
            now = grid * step
            here, oldest = grid % slots, (grid + 1) % slots
            before = flow[row] * (line[row, here] - basal[row]) + basal[row]
            line[row, here] = levels[row, place]
            arrived = flow[row] * (line[row, oldest] - basal[row]) + basal[row]
            wanted = drive(before, adaptation, basal[row], weight, half, exponent)
            adaptation = adapted(adaptation, before, arrived, time_a, seconds)
            wanted = (wanted + drive(arrived, adaptation, basal[row], weight, half, exponent)) / 2
            earlier = contraction
            contraction = contracted(contraction, wanted, time_on, time_off, seconds)
            squeeze = (earlier + contraction) / 2

            on = latched[row] * 2 >= 1
            ready = not on or feed[row, 0] == 0
            if on and ready:
                feed[row, 0], feed[row, 1] = 1.0, 0.0
                feed_times[row, feed_place[row, 1] % feed_times.shape[1]] = now
                feed_place[row, 1] += 1
            elif not on:
                feed[row, 0] = 0.0
            while feed_place[row, 0] < feed_place[row, 1] and (
                feed_times[row, feed_place[row, 0] % feed_times.shape[1]] <= now - DAY
                or feed_place[row, 1] - feed_place[row, 0] > feed_times.shape[1]
            ):
                feed_place[row, 0] += 1
            frequency = min((feed_place[row, 1] - feed_place[row, 0]) / often, 1.0)
            aim = floor + (1 - floor) * frequency * prolactin
            feed[row, 2] = aim + (feed[row, 2] - aim) * math.exp(-seconds / response_time)

            fill = 0.0
            for side in range(2):
                volume = milk[row, 0, side]
                if ready:
                    milk[row, 1, side] = share * volume
                    milk[row, 2, side] = min(ducts, volume - milk[row, 1, side])
                suck = suction[row, side]
                if appetite[row] > 0 and feed[row, 1] >= appetite[row]:
                    suck = 0.0
                pull = suck
                if suck == 0 and pressure - rest > leak_rise:
                    pull = leak_share
                let_down = milk[row, 1, side] * -math.expm1(-rate * squeeze * pull * seconds)
                drained = milk[row, 2, side] * -math.expm1(-seconds / duct_time) if suck > 0 else 0.0
                left = let_down + drained
                if suck > 0:
                    if appetite[row] > 0 and feed[row, 1] + left > appetite[row]:
                        part = (appetite[row] - feed[row, 1]) / left
                        let_down, drained, left = let_down * part, drained * part, appetite[row] - feed[row, 1]
                    feed[row, 1] += left
                milk[row, 1, side] -= let_down
                milk[row, 2, side] -= drained
                made = max(1 - (max(volume, 0.0) / capacity) ** power, 0.0) * making * grown * feed[row, 2] * seconds
                milk[row, 0, side] = volume - left + made
                milk[row, 3, side] += made
                taken[row] += left
                fill += min(max(milk[row, 0, side] / capacity, 0.0), 1.0) / 2
            pressure = rest + most * contraction * (empty + (1 - empty) * fill)
        gland[row, 0], gland[row, 1], gland[row, 2] = adaptation, contraction, pressure
