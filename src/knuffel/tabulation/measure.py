"""Run the spiking cells and terminals at constant input and take means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.body.neurons.ports import GAINS
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams

__all__ = ["CELLS", "TERMINALS", "Means", "measure"]

CELLS, TERMINALS = IntegrateAndFireOxytocin, TerminalSecretion
"""The spiking models that the tables stand for."""

Floats = npt.NDArray[np.float64]

_SECOND = 1000
_SETTLE = 20
_MARK = 1e-9
_EXPONENT = 3


@dataclass(frozen=True)
class Means:
    """What cells did at one gain of the excitation: ``firing_rate`` in Hz (ratio,); others (release ratio, openness).

    ``squared_calcium`` is the mean of the square of fast calcium, ``calcium_entry`` the calcium let in per second.
    """

    firing_rate: Floats
    squared_calcium: Floats
    calcium_entry: Floats


def measure(
    cell: Any,
    terminal: Any,
    gain: float,
    ratios: Floats,
    release_ratios: Floats,
    openness: Floats,
    *,
    cells: int,
    seconds: int,
    seed: int,
    tick: Callable[[], None],
) -> Means:
    """Return the means over ``seconds`` of independent cells with the parameters ``cell`` and ``terminal``.

    Every ratio of the gains is a subject. Their spikes go to glands whose slow calcium is held where it leaves the
    given ``openness``: it gains a millionth of a millionth from each spike, which tells the entry, and does not decay.
    Pools are held by next to no release. ``tick`` is called after every simulated second.
    """
    neurons, streams = CELLS(cell, CELLS.Settings(cells=cells)), Streams(seed, CELLS.room)
    subjects = Subjects(np.arange(len(ratios)), species="rat")
    inputs = Inputs(
        {
            port.name: (value, value)
            for port, value in zip(GAINS, (np.full(len(ratios), gain), gain * ratios, 0 * ratios), strict=True)
        }
    )
    glands = len(openness) * len(release_ratios)
    held = np.repeat((1 / openness - 1) ** (1 / _EXPONENT), len(release_ratios))
    changes = {
        "slow_calcium_threshold": 1.0,
        "slow_calcium_start": held,
        "slow_calcium_step": _MARK,
        "slow_calcium_half_life": 1 / _MARK**3,
        "release_rate": _MARK,
        "refill_rate": 0.0,
    }
    settings = TERMINALS.Settings(species="rat", cells=cells, synthesis="none", calcium_exponent=_EXPONENT)
    gland = TERMINALS(replace(terminal, **changes), settings)
    state, _ = neurons.init(subjects, inputs, streams)
    pools, _ = gland.init(Subjects(np.arange(glands), species="rat"), Inputs(), streams)
    chosen = np.full(len(ratios), -1)
    chosen[np.searchsorted(ratios, release_ratios)] = np.arange(len(release_ratios))
    count, released, before = np.zeros(len(ratios)), np.zeros(glands), np.zeros(glands)
    for begin in range(-_SETTLE * _SECOND, seconds * _SECOND, _SECOND):
        outputs = neurons.advance(state, inputs, begin, _SECOND, streams)
        if begin == 0:
            released[:], before = 0, pools.slow_calcium.mean(axis=1)
        released += gland.release(pools, _copies(outputs["neurons.spike"], chosen, len(openness)), begin, _SECOND)
        count += outputs["neurons.firing_rate"] if begin >= 0 else 0
        tick()
    shape = (len(openness), len(release_ratios))
    content = _MARK * np.asarray(terminal.pool_maximum)
    entry = (pools.slow_calcium.mean(axis=1) - before) / _MARK
    return Means(count / seconds, (released / content / seconds).reshape(shape).T, (entry / seconds).reshape(shape).T)


def _copies(spikes: Events, chosen: npt.NDArray[np.int64], copies: int) -> Events:
    """Return the spikes of the chosen subjects, once for every copy."""
    row = chosen[spikes.subject]
    kept = row >= 0
    step = int(chosen.max()) + 1
    rows = [row[kept] + place * step for place in range(copies)]
    time, index = (np.tile(column[kept], copies) for column in (spikes.time, spikes.index))
    return Events(time, np.concatenate(rows), index)
