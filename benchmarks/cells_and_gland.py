"""Neurons and the gland they feed, advanced second by second as in a run: what the benchmarks of neurons time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from knuffel.body.contract import Inputs, Kind, Subjects
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.evidence import resolve

__all__ = ["CellsAndGland"]


class CellsAndGland:
    """The components of the package with a parameter set; the clock runs on between calls.

    ``levels`` are inputs by port; all others are at their neutral value.
    """

    def __init__(self, kind: Any, set_name: str, cells: int, secretion: bool, **levels: float) -> None:
        other = TerminalSecretion
        self.neurons = kind(resolve.numbers(kind.Parameters, [set_name]), kind.Settings(cells=cells))
        gland = resolve.numbers(other.Parameters, [set_name])
        self.terminal = other(gland, other.Settings(species="rat", cells=cells))
        self.cells, self.secretion, self.t = cells, secretion, 0
        self.streams = Streams(1, "neurons")
        ports = [port for port in (*kind.inputs, *other.inputs) if port.kind in (Kind.LEVEL, Kind.FRACTION)]
        values = {port.name: np.full(1, 1 if port.default is None else port.default) for port in ports}
        values |= {name.replace("__", "."): np.full(1, value) for name, value in levels.items()}
        self.levels = {name: (value, value) for name, value in values.items()}
        who = Subjects(np.zeros(1, dtype=np.int64), species="rat")
        self.neuron_state, _ = self.neurons.init(who, Inputs(self.levels), self.streams)
        self.terminal_state, _ = self.terminal.init(who, Inputs(self.levels), self.streams)

    def __call__(self, seconds: int) -> tuple[float, float, float]:
        """Return ns per cell and ms, spikes/s and cell, pg/s."""
        spikes, released = 0, 0.0
        inputs = Inputs(self.levels)
        begin = time.thread_time()
        for _ in range(seconds):
            found = self.neurons.advance(self.neuron_state, inputs, self.t, 1000, self.streams)["neurons.spike"]
            spikes += len(found)
            if self.secretion:
                given = Inputs(self.levels, records={"neurons.spike": found})
                output = self.terminal.advance(self.terminal_state, given, self.t, 1000, self.streams)
                released += output["secretion.gland_rate"][0]
            self.t += 1000
        ns = (time.thread_time() - begin) * 1e9 / (self.cells * seconds * 1000)
        return ns, spikes / self.cells / seconds, released / seconds
