"""Does the network burst with another cell: that of `if-oxytocin`, tuned by us. Experimental."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.bursts import background, cell_bursts, network_bursts
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.if_network import CompanionNetwork
from knuffel.engine.random import Streams
from knuffel.validation.drive import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SECONDS, _CELLS, _INTERVAL = 1800, 48, 5


@lru_cache(maxsize=8)
def _run(suckling: float, seed: int = 2) -> tuple[Any, Any]:
    """Return times (ms) and cells of the spikes of half an hour, with a seed that the tuning did not see."""
    kind = CompanionNetwork
    settings = replace(kind.Settings(), cells=_CELLS, topology_seed=seed)
    part, streams = kind(numbers(kind.Parameters, *kind.default_sets), settings), Streams(seed, kind.room)
    levels = {port.name: (np.full(1, port.default, dtype=float),) * 2 for port in kind.inputs}
    levels["stimuli.suckling"] = (np.full(1, suckling),) * 2
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(levels), streams)
    found = []
    for second in range(0, _SECONDS, _INTERVAL):
        found.append(part.advance(state, Inputs(levels), second * 1000, _INTERVAL * 1000, streams)["neurons.spike"])
    time, cell = (np.concatenate([getattr(events, name) for events in found]) for name in ("time", "index"))
    return time, cell


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/if_network.toml`."""
    time, cell = _run(1.0)
    bursts = network_bursts(cell_bursts(time, cell, _CELLS), _CELLS)
    between = background(time, cell, _CELLS, _SECONDS * 1000, bursts)
    quiet = _run(0.0)
    return [
        Row("IN_interval", float(bursts.intervals.mean()) / 1000),
        Row("IN_participation", float(bursts.participation.min())),
        Row("IN_spikes", float(np.median(bursts.spikes))),
        Row("IN_duration", float(np.median(bursts.duration)) / 1000),
        Row("IN_background", between.rate),
        Row("IN_no_suckling", len(network_bursts(cell_bursts(*quiet, _CELLS), _CELLS))),
        Row("IN_resting_rate", len(quiet[0]) / _CELLS / _SECONDS),
    ]


def figures() -> dict[str, Any]:
    """Return the rate over half an hour of suckling."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.8), layout="constrained")
    axes = figure.subplots()
    time, _ = _run(1.0)
    axes.hist(time / 60_000, np.arange(0, 30.01, 1 / 60).tolist(), color="C0", weights=np.full(len(time), 1 / _CELLS))
    axes.set(xlabel="minutes of suckling", ylabel="rate (1/s)", xlim=(0, 30))
    axes.set_title("The cells of if-oxytocin in the same network of dendrites (experimental)")
    return {"if_network": figure}
