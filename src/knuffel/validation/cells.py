"""Cells of one parameter set, outside a scenario: their spikes, and what the terminals of each release.

The rooms are the ones that a scenario runs, built from the same evidence. Cells have equal parameters and independent
input, so means over cells and over time are the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis import spikes
from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.validation.drive import numbers

__all__ = [
    "CELLS",
    "FORGOTTEN",
    "Recording",
    "at_rate",
    "parameters",
    "record",
    "released",
    "running",
]

Floats = npt.NDArray[np.float64]

CELLS = 128
"""Cells of a recording, unless a study says otherwise."""

FORGOTTEN = 100
"""Seconds after which the terminals have forgotten their start (five half-lives of slow calcium)."""

_SETTLE = 20


@dataclass(frozen=True)
class Recording:
    """Spikes of independent cells with equal parameters: ``time`` (ms), ``cell``; ``seconds`` long; PSP rate in Hz."""

    time: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    cells: int
    seconds: int
    psp_rate: float

    @property
    def rate(self) -> float:
        """Spikes per second and cell."""
        return spikes.mean_rate(self.time, self.seconds * 1000, self.cells)

    @property
    def intervals(self) -> Floats:
        """All interspike intervals (ms)."""
        return spikes.intervals(self.time, self.cell)

    def dispersion(self, widths: Sequence[int] = spikes.DISPERSION_BINS) -> Floats:
        """Return the index of dispersion of the spike counts in bins of each width (ms)."""
        return spikes.index_of_dispersion(self.time, self.seconds * 1000, widths, cells=self.cell)


def parameters(set_name: str, psp_rate: float | None = None, **changes: Any) -> Any:
    """Return the neuron parameters of a set; a PSP rate (Hz) and other fields replace those of the set."""
    given = changes if psp_rate is None else {"psp_rate": psp_rate, **changes}
    return replace(numbers(IntegrateAndFireOxytocin.Parameters, set_name), **given)


def running(wanted: Any, cells: int, seed: int, begin: int, end: int, step: int) -> Iterator[tuple[Any, Events]]:
    """Run cells from ``begin`` to ``end`` ms and yield their state and spikes after every ``step`` ms."""
    kind = IntegrateAndFireOxytocin
    part, streams = kind(wanted, kind.Settings(cells=cells)), Streams(seed, kind.room)
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), streams)
    inputs = Inputs({port.name: (np.full(1, port.default),) * 2 for port in kind.inputs})
    for now in range(begin, end, step):
        yield state, part.advance(state, inputs, now, step, streams)["neurons.spike"]


def record(
    set_name: str,
    psp_rate: float | None,
    seconds: int,
    *,
    cells: int = CELLS,
    seed: int = 1,
    settle: int = _SETTLE,
    **changes: Any,
) -> Recording:
    """Run cells of a set, at its own PSP rate or another (Hz), and return their spikes after some s of settling."""
    wanted = parameters(set_name, psp_rate, **changes)
    runs = running(wanted, cells, seed, -settle * 1000, seconds * 1000, 1000)
    found = [events for _, events in runs][settle:]
    time, cell = (np.concatenate([getattr(events, name) for events in found]) for name in ("time", "index"))
    return Recording(time, cell, cells, seconds, float(wanted.psp_rate))


@lru_cache(maxsize=32)
def at_rate(set_name: str, wanted: float, seconds: int, **changes: Any) -> Recording:
    """Return a recording at a mean rate (1/s), by moving the PSP rate only (regula falsi, fixed seed)."""
    low, high = 50.0, 50.0
    at_low = at_high = -wanted
    while at_high < 0:
        low, at_low = high, at_high
        high *= 2
        at_high = record(set_name, high, 60, **changes).rate - wanted
    for _ in range(6):
        middle = low - at_low * (high - low) / (at_high - at_low)
        value = record(set_name, middle, 60, **changes).rate - wanted
        if value < 0:
            low, at_low = middle, value
        else:
            high, at_high = middle, value
    return record(set_name, low - at_low * (high - low) / (at_high - at_low), seconds, **changes)


def released(recording: Recording) -> Floats:
    """Return what each cell releases in each second (pg), shape (cell, second), from rest and without synthesis.

    Every cell carries the pools of a whole gland, so a column sums to the gland after division by the cells.
    """
    kind = TerminalSecretion
    part = kind(numbers(kind.Parameters), kind.Settings(species="rat", cells=1, synthesis="none"))
    state, _ = part.init(Subjects(np.arange(recording.cells), species="rat"), Inputs(), Streams(0))
    second = recording.time // 1000
    order = np.lexsort((recording.time, recording.cell, second))
    time, cell = recording.time[order], recording.cell[order]
    edges = np.searchsorted(second[order], np.arange(recording.seconds + 1))
    found = np.zeros((recording.cells, recording.seconds))
    for place in range(recording.seconds):
        chosen = slice(edges[place], edges[place + 1])
        events = Events(time[chosen], cell[chosen], np.zeros_like(cell[chosen]))
        found[:, place] = part.release(state, events, place * 1000, 1000)
    return found
