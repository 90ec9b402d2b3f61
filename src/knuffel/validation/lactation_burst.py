"""Milk-ejection bursts: what a synchronised burst releases, and what the blood sees of it.

No network yet: bursts like those recorded (peak rates of 24 to 84 spikes/s, silence afterwards, intervals of 5 to 20
min, DOI 10.1677/joe.0.0570477) are put upon cells at rest. Every cell fires 60 spikes at its own 40 to 50/s, with its
own small delay, and falls silent for ten seconds. Terminals and plasma are those of a scenario.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.secretion.terminal import TerminalSecretion, secrete
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.units import UG_PER_IU
from knuffel.validation.cells import Floats, record
from knuffel.validation.drive import Blood, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

BURSTS, EVERY, SPIKES, RATES, JITTER = 6, 300, 60, (40, 50), 0.2
"""Bursts; seconds between them; spikes of a cell, its rate in the burst (1/s); largest delay of a cell (s)."""

_CELLS, _SILENT, _AFTER = 100, 10, 10
"""Cells; seconds of silence after a burst; seconds after a burst has reached the blood at which it is looked at."""


def _burst(place: int, start: int) -> list[npt.NDArray[np.int64]]:
    """Return the spikes (ms) of every cell in one burst that begins at ``start`` ms."""
    stream, cell = Streams(1, "neurons")("milk-ejection burst"), np.arange(_CELLS)
    delay = JITTER * 1000 * stream.uniform(place, draw=0, neuron=cell)
    rate = RATES[0] + (RATES[1] - RATES[0]) * stream.uniform(place, draw=1, neuron=cell)
    spikes = start + delay[:, None] + np.arange(SPIKES) * 1000 / rate[:, None]
    return list(spikes.astype(np.int64))


@lru_cache(maxsize=1)
def _trains() -> tuple[npt.NDArray[np.int64], ...]:
    """Return the spikes (ms) of every cell: rest, and bursts after 5, 10, … min."""
    rest = record("oxytocin-2018", None, (BURSTS + 1) * EVERY, cells=_CELLS)
    starts = [(place + 1) * EVERY * 1000 for place in range(BURSTS)]
    bursts = [_burst(place, start) for place, start in enumerate(starts)]
    found = []
    for cell in range(_CELLS):
        mine = rest.time[rest.cell == cell]
        pieces = [burst[cell] for burst in bursts]
        for start, piece in zip(starts, pieces, strict=True):
            mine = mine[(mine < start) | (mine > piece[-1] + _SILENT * 1000)]
        found.append(np.sort(np.concatenate([mine, *pieces])))
    return tuple(found)


@lru_cache(maxsize=1)
def _courses() -> tuple[Floats, Floats]:
    """Return secretion (pg/s) and plasma at its end (pg/mL) for every second."""
    duration = (BURSTS + 1) * EVERY * 1000
    rate = secrete(_trains(), numbers(TerminalSecretion.Parameters), duration, synthesis="none").rate
    blood = Blood("rat_250g", basal=float(rate[: EVERY - 1].mean() / Blood("rat_250g", basal=0).clearance))
    return rate, np.array([blood.advance(1, secretion=float(each)) for each in rate])


def _masses() -> Floats:
    """Return what each burst releases (pg): everything until the silence after it ends."""
    rate = _courses()[0]
    return np.array([rate[EVERY * place : EVERY * place + _SILENT].sum() for place in range(1, BURSTS + 1)])


def _rises() -> Floats:
    """Return the rise of plasma (pg/mL for each ng) ten seconds after the middle of each burst reached the blood."""
    level = _courses()[1]
    delay = float(Blood("rat_250g", basal=0).parameters.gland_delay)
    middle = (SPIKES / np.mean(RATES) + JITTER) / 2
    seen = np.arange(1, BURSTS + 1) * EVERY + middle + delay + _AFTER
    ends = np.arange(1, len(level) + 1)
    before = np.array([level[EVERY * place - 30 : EVERY * place].mean() for place in range(1, BURSTS + 1)])
    rise: Floats = (np.interp(seen, ends, level) - before) / (_masses() / 1000)
    return rise


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/lactation_burst.toml`."""
    masses = _masses()
    return [
        Row("LB_smallest", float(masses.min())),
        Row("LB_largest", float(masses.max())),
        Row("LB_dose", float(masses.mean() / 1000 / UG_PER_IU["oxytocin"])),
        Row("LB_rise", float(_rises().mean())),
    ]


def figures() -> dict[str, Any]:
    """Return half an hour of plasma with its bursts, and the spikes and the secretion of one of them."""
    from matplotlib.figure import Figure

    targets = load.targets()
    level = _courses()[1]
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    raster, release = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    plasma = figure.add_subplot(grid[1, :])
    near = [train[(train >= (EVERY - 5) * 1000) & (train < (EVERY + 15) * 1000)] / 1000 - EVERY for train in _trains()]
    raster.eventplot(near, linewidth=0.4, color="black", linelengths=1)
    raster.set(xlabel="seconds from the first burst", ylabel="cell", xlim=(-5, 15), title="spikes")
    release.plot(np.arange(1, BURSTS + 1), _masses(), "o", label="model")
    low, high = targets["LB_smallest"].interval
    release.axhspan(low, high, color="grey", alpha=0.25, label=f"aimed at: {low:g} to {high:g} pg")
    release.set(xlabel="burst", ylabel="released (pg)", title="mass of each burst", ylim=(0, 2000))
    release.legend(fontsize="small", frameon=False, loc="lower right")
    plasma.plot(np.arange(1, len(level) + 1) / 60, level)
    plasma.set(xlabel="minutes", ylabel="oxytocin (pg/mL)", title="plasma of a rat")
    plasma.set_ylim(bottom=0)
    return {"lactation_burst": figure}
