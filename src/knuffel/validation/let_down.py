"""A gland under a given course of plasma oxytocin, step by step of its own grid, for the studies of let-down and milk.

The loop is the one that a scenario runs. Plasma is the closed form of the same two-compartment kinetics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.breast.grid import loop, slots
from knuffel.body.breast.human import HumanBreast
from knuffel.body.breast.rat import RatMammaryGland
from knuffel.body.circulation.plasma.equations import infusion_concentration
from knuffel.body.contract import Inputs, Subjects
from knuffel.engine.random import Streams
from knuffel.validation.drive import Blood, numbers

__all__ = ["Course", "Trace", "crossing", "human", "plasma", "rat", "start", "width"]

Floats = npt.NDArray[np.float64]
Course = Callable[[Floats], Floats]

_DUCTAL = 40  # s
_STEPS = {"rat": 50, "human": 500}
_KINETICS = {"rat": "rat_250g", "human": "human_women_np"}


@dataclass(frozen=True)
class Trace:
    """What a gland did: ``time`` (s), pressure ``rise`` (mmHg), ``contraction``, ``removed`` and ``store`` in mL."""

    time: Floats
    rise: Floats
    contraction: Floats
    removed: Floats
    store: Floats

    @property
    def peak(self) -> float:
        """Highest rise of pressure (mmHg)."""
        return float(self.rise.max())

    @property
    def time_of_peak(self) -> float:
        """When it is reached (s)."""
        return float(self.time[self.rise.argmax()])

    @property
    def highest_flow(self) -> float:
        """Largest flow of a let-down (mL/s): the ductal milk that comes at once is over by then."""
        return float(np.diff(self.removed)[self.time[1:] > _DUCTAL].max() / (self.time[1] - self.time[0]))

    def removed_by(self, second: float) -> float:
        """Return the milk removed after so many seconds (mL)."""
        return float(np.interp(second, self.time, self.removed))


def plasma(species: str, basal: float, given: Sequence[tuple[float, float, float]]) -> Course:
    """Return the course of plasma (pg/mL at times in s) at rest, with amounts given: (start s, duration s, pg)."""
    kinetics = Blood(_KINETICS[species]).disposition

    def course(time: Floats) -> Floats:
        level = np.full(len(time), basal)
        for start, duration, amount in given:
            level += infusion_concentration(amount / duration, duration, time - start, *kinetics)
        return level

    return course


def _times(step: int, seconds: float) -> Floats:
    return np.arange(1, round(seconds * 1000 / step) + 1) * step / 1000


def start(part: Any, basal: float) -> Any:
    """Return the state of a gland at rest, at a level of plasma in pg/mL."""
    given = Inputs({"physiology.basal_concentration": (np.array([basal]),) * 2})
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64)), given, Streams(0))
    return state


def rat(
    course: Course, seconds: float, *, basal: float, ratio: float = 1, suckled: float = 0, sets: Sequence[str] = (),
    **changes: Any,
) -> Trace:  # fmt: skip
    """Return what the glands of a rat do; ``ratio`` is the dose ratio of an antagonist, ``changes`` are parameters.

    The whole litter is on for the first ``suckled`` seconds.
    """
    kind = RatMammaryGland
    part = kind(replace(numbers(kind.Parameters, *kind.default_sets, *sets), **changes))
    state, time = start(part, basal), _times(_STEPS["rat"], seconds)
    levels, taken = course(time)[None, :], np.zeros(1)
    fixed = np.array([basal]), np.ones(1), np.array([ratio])
    attached = (time <= suckled).astype(float)
    found = np.empty((4, len(time)))
    for place in range(len(time)):
        loop("advance_glands")(
            place + 1, _STEPS["rat"], levels[:, place : place + 1], state.line, *fixed,
            attached[place : place + 1], part._table, state.gland, state.milk, state.suckled, taken,
        )  # fmt: skip
        found[:, place] = state.gland[0, 2], state.gland[0, 1], taken[0], state.milk[0, 0]
    return Trace(time, found[0] - part.parameters.resting_pressure, found[1], np.cumsum(found[2]), found[3])


def human(
    course: Course, seconds: float, *, basal: float = 1.9, ratio: float = 1, appetite: float = 0,
    volume: float = 110, step: int = _STEPS["human"], **changes: Any,
) -> Trace:  # fmt: skip
    """Return what one of a woman's breasts does in a feed from time zero; ``volume`` of milk in it at its start (mL).

    ``step`` (ms) is that of the grid. The other breast may drip; that milk is not counted.
    """
    kind = HumanBreast
    own = numbers(kind.Parameters)
    part = kind(replace(own, start_fill=volume / own.capacity, **changes))
    state, time = start(part, basal), _times(step, seconds)
    state.line = np.full((1, slots(part.parameters, step)), basal)
    levels, taken = course(time)[None, :], np.zeros(1)
    fixed = (
        np.array([basal]), np.ones(1), np.array([ratio]), np.array([[1.0, 0.0]]), np.ones(1),
        np.array([appetite], dtype=float), np.array([30.0]), part._table,
    )  # fmt: skip
    found = np.empty((4, len(time)))
    for place in range(len(time)):
        loop("advance_breasts")(
            place + 1, step, levels[:, place : place + 1], state.line, *fixed, state.gland, state.milk,
            state.feed, state.feed_times, state.feed_place, taken,
        )  # fmt: skip
        found[:, place] = state.gland[0, 2], state.gland[0, 1], volume + state.milk[0, 3, 0], state.milk[0, 0, 0]
    return Trace(time, found[0] - own.resting_pressure, found[1], found[2] - found[3], found[3])


def crossing(trace: Trace, level: float) -> tuple[float, float]:
    """Return when the rise first exceeds ``level`` (mmHg), and for how long in all (s); NaN and 0 if never."""
    above = trace.rise > level
    step = float(trace.time[1] - trace.time[0])
    first = float(trace.time[np.argmax(above)]) if above.any() else float("nan")
    return first, float(above.sum()) * step


def width(trace: Trace, share: float = 0.5) -> float:
    """Return how long the rise of pressure stays above a share of its peak (s)."""
    return crossing(trace, share * trace.peak)[1]
