"""Antidromic stimulation of the pituitary stalk: 50 spikes a second for 4 s forced upon every neuron.

Forced spikes are spikes like any other: they add to HAP and AHP and release hormone. So the gland gives what a train of
200 spikes gives, natural spikes collide with forced ones, and afterwards the AHP keeps the cells silent for a while.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.engine.random import Streams
from knuffel.validation.cells import CELLS, FORGOTTEN, Recording, parameters, released
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SET = "oxytocin-2018"
_SECOND = 1000
_BEFORE, _TRAIN, _AFTER, _RATE = FORGOTTEN + 20, 4, 26, 50
_START, _END = _BEFORE * _SECOND, (_BEFORE + _TRAIN) * _SECOND


@lru_cache(maxsize=2)
def _stimulated(psp_rate: float | None) -> tuple[Recording, np.ndarray[Any, Any]]:
    """Return the spikes of stimulated cells, and the AHP (mV, mean over cells) at the end of each 100 ms."""
    kind = IntegrateAndFireOxytocin
    wanted = parameters(_SET, psp_rate)
    part, streams = kind(wanted, kind.Settings(cells=CELLS)), Streams(1, kind.room)
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), streams)
    rest = {port.name: (np.full(1, port.default),) * 2 for port in kind.inputs}
    gap, seconds = _SECOND // _RATE, _BEFORE + _TRAIN + _AFTER
    stimuli = np.arange(_START + gap, _END + 1, gap)
    found, ahp = [], []
    for now in range(0, seconds * _SECOND, 100):
        due = stimuli[(stimuli >= now) & (stimuli < now + 100)]
        nobody = np.zeros(len(due), dtype=np.int64)
        records = {"stimuli.forced_spike": Events(due, nobody, nobody - 1)}
        found.append(part.advance(state, Inputs(rest, records=records), now, 100, streams)["neurons.spike"])
        ahp.append(float(state.ahp.mean()))
    time, cell = (np.concatenate([getattr(events, name) for events in found]) for name in ("time", "index"))
    return Recording(time, cell, CELLS, seconds, float(wanted.psp_rate)), np.array(ahp)


def _silences(recording: Recording) -> np.ndarray[Any, Any]:
    """Return how long each cell is silent after its last forced spike (s)."""
    later = recording.time > _END + 1
    return np.array([(recording.time[later & (recording.cell == cell)].min() - _END) / 1000 for cell in range(CELLS)])


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/antidromic.toml`."""
    resting, ahp = _stimulated(None)
    silent, _ = _stimulated(0.0)
    during = (resting.time > _START) & (resting.time <= _END)
    return [
        Row("AD_secretion", float(released(silent).sum(axis=1).mean())),
        Row("AD_ahp", float(ahp[_END // 100 - 1])),
        Row("AD_silence", float(_silences(resting).min())),
        Row("AD_spikes", float(during.sum() / CELLS)),
    ]


def figures() -> dict[str, Any]:
    """Return raster, AHP and secretion around the train."""
    from matplotlib.figure import Figure

    recording, ahp = _stimulated(None)
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    raster, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(2, 1, 1))
    shown = recording.cell < 30
    raster.plot(recording.time[shown] / 1000 - _BEFORE, recording.cell[shown] + 1, "|", markersize=3, color="black")
    raster.set(ylabel="neuron", title="50 stimuli a second for 4 s; 30 of 128 cells at rest")
    middle.plot(np.arange(1, len(ahp) + 1) / 10 - _BEFORE, ahp)
    middle.set(ylabel="AHP (mV)")
    gland = released(recording).mean(axis=0)
    below.step(np.arange(len(gland)) - _BEFORE, gland, where="post")
    below.set(ylabel="secretion (pg/s)", xlabel="seconds from the start of the train", xlim=(-6, 16))
    return {"antidromic": figure}
