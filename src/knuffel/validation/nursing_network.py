"""Runs of the network outside a scenario, for the studies of its bursts: spikes, and the dendritic stores.

The room is the one that a scenario runs. A seed sets both the course of chance and the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis import bursts as finding
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.network import NetworkOxytocin
from knuffel.engine.random import Streams
from knuffel.validation.drive import numbers

__all__ = ["CELLS", "SEEDS", "Run", "Step", "mean_over", "network"]

Floats = npt.NDArray[np.float64]
Step = tuple[float, str, float]
"""From so many seconds on, an input has another value."""

CELLS = 48
SEEDS = (1, 2, 3)
_MODULATORS = ("mu_opioid_occupancy", "central_antagonist_occupancy", "anaesthesia")


@dataclass(frozen=True, eq=False)
class Run:
    """Spikes of one network: ``time`` (ms), ``cell``; ``store`` mean over cells at the end of each second."""

    time: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    store: Floats
    seconds: int

    @cached_property
    def cell_bursts(self) -> finding.CellBursts:
        """Bursts of the cells."""
        return finding.cell_bursts(self.time, self.cell, CELLS)

    @cached_property
    def bursts(self) -> finding.NetworkBursts:
        """Bursts of the network."""
        return finding.network_bursts(self.cell_bursts, CELLS)

    @cached_property
    def background(self) -> finding.Background:
        """What lies between them."""
        return finding.background(self.time, self.cell, CELLS, self.seconds * 1000, self.bursts)

    @property
    def per_hour(self) -> float:
        """Bursts of the network in an hour."""
        return len(self.bursts) * 3600 / self.seconds

    @property
    def interval(self) -> float:
        """Mean interval between bursts (s)."""
        return float(self.bursts.intervals.mean() / 1000) if len(self.bursts) > 1 else float("nan")

    @property
    def latency(self) -> float:
        """The first burst (s)."""
        return float(self.bursts.start[0] / 1000) if len(self.bursts) else float("nan")

    @property
    def rate(self) -> float:
        """Spikes per second and cell."""
        return len(self.time) / CELLS / self.seconds


def network(
    seed: int = 1, seconds: int = 3600, steps: Sequence[Step] = (), settings: Sequence[tuple[str, Any]] = (),
    **changes: float,
) -> Run:  # fmt: skip
    """Return a run under full suckling; ``steps`` change inputs on the way, ``changes`` are parameters."""
    return _run(seed, seconds, tuple(steps), tuple(settings), tuple(sorted(changes.items())))


@lru_cache(maxsize=64)
def _run(seed: int, seconds: int, steps: tuple[Step, ...], settings: Any, changes: Any) -> Run:
    kind = NetworkOxytocin
    part = kind(
        replace(numbers(kind.Parameters, *kind.default_sets), **dict(changes)),
        kind.Settings(**{"cells": CELLS, "topology_seed": seed, **dict(settings)}),
    )
    streams = Streams(seed, kind.room)
    levels = {port.name: (np.full(1, port.default, dtype=float),) * 2 for port in kind.inputs}
    for name in ("suckling", "suckling_left", "suckling_right"):
        levels[f"stimuli.{name}"] = (np.ones(1),) * 2
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(levels), streams)
    waiting = sorted(steps)
    found, store = [], np.empty(seconds)
    for second in range(seconds):
        while waiting and waiting[0][0] <= second:
            _, name, value = waiting.pop(0)
            port = f"{'modulators' if name in _MODULATORS else 'stimuli'}.{name}"
            levels[port] = (np.full(1, value),) * 2
        found.append(part.advance(state, Inputs(levels), second * 1000, 1000, streams)["neurons.spike"])
        store[second] = state.store.mean()
    time, cell = (np.concatenate([getattr(events, name) for events in found]) for name in ("time", "index"))
    return Run(time, cell, store, seconds)


def mean_over(runs: Sequence[Run], name: str) -> float:
    """Return the mean over runs of one of their numbers, runs without it left out."""
    return float(np.nanmean([getattr(run, name) for run in runs]))
