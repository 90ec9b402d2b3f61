"""Secretion for regular spike trains: the frequency dependence of release and its fatigue.

The numbers were computed once, independently, from the published equations (DOI 10.1210/en.2017-03068 and the code of
the group), with a Hill exponent of slow calcium of 3 and a full reserve: they check the implementation, not biology.
What is known from experiments: release for each spike is facilitated by frequency and fatigues in long trains.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.secretion.terminal import Secretion, TerminalSecretion, equations, secrete
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.evidence.resolve import build, resolve
from knuffel.validation.row import Row

__all__ = ["figures", "long_train", "rows", "train"]

SECOND = 1000
LONG = (0.5, 1, 2, 3, 5, 8, 10, 13, 16, 20, 25, 30, 40, 50)
EXPONENT_5 = (5, 10, 13, 20)
SHORT, SHORT_SPIKES = (2, 5, 10, 13, 20, 26, 40), 156
DURATIONS, DURATION_RATE = (10, 20, 30, 60, 120, 300), 13
STEADY = (1, 2, 5, 10, 13, 20, 50)
BURSTS = ((60, 40), (60, 50), (60, 30), (200, 50))
"""Spikes and spikes/s of synchronous bursts."""


@lru_cache(maxsize=1)
def _parameters() -> Any:
    resolved, _ = resolve([item.metadata["id"] for item in fields(TerminalSecretion.Parameters)])
    return build(TerminalSecretion.Parameters, resolved)


def train(rate: float, count: int, start: int = 100 * SECOND) -> npt.NDArray[np.int64]:
    """Return ``count`` regular spike times (ms, rounded up) at ``rate`` (1/s), one interval after ``start`` onwards."""
    places = range(1, count + 1)
    return np.array([ceil(start + place * SECOND / rate - 1 / SECOND) for place in places], dtype=np.int64)


def _secrete(times: npt.NDArray[np.int64], after: int = 40, **options: Any) -> Secretion:
    """Secrete for a train and ``after`` seconds more, in whole seconds, without synthesis."""
    duration = (int(times[-1]) // SECOND + 1 + after) * SECOND
    return secrete([times], _parameters(), duration, synthesis="none", **options)


def long_train(rate: float, seconds: int = 60, **options: Any) -> float:
    """Return what a train of ``seconds`` at ``rate`` (1/s) releases (pg), 40 s of silence afterwards included."""
    return _secrete(train(rate, round(seconds * rate)), **options).total


def rows() -> list[Row]:
    """Return the obtained values for the targets that start with ST."""
    found = [Row(f"ST_60s_{rate:g}", long_train(rate)) for rate in LONG]
    found += [Row(f"ST_each_{rate:g}", long_train(rate) / (60 * rate)) for rate in LONG]
    found += [Row(f"ST_60s_{rate:g}_exponent_5", long_train(rate, calcium_exponent=5)) for rate in EXPONENT_5]
    found += [Row(f"ST_156_{rate}", _secrete(train(rate, SHORT_SPIKES)).total) for rate in SHORT]
    found += [Row(f"ST_13_{seconds}s", long_train(DURATION_RATE, seconds)) for seconds in DURATIONS]
    found += [Row(f"ST_steady_{rate}", _steady(rate)) for rate in STEADY]
    found += [Row("ST_single", _secrete(train(1, 1)).total), Row("ST_single_calcium", _calcium_of_a_spike())]
    found += [
        Row(f"ST_burst_{count}_{rate}", _secrete(train(rate, count, start=10 * SECOND), after=10).total)
        for count, rate in BURSTS
    ]
    best = max(LONG, key=lambda rate: long_train(rate) / rate)
    short = max(SHORT, key=lambda rate: _secrete(train(rate, SHORT_SPIKES)).total)
    return [*found, Row("ST_60s_best", float(best)), Row("ST_156_best", float(short))]


def _calcium_of_a_spike() -> float:
    """Return fast calcium after one spike into terminals at rest, at the end of the first ms of a block."""
    part = TerminalSecretion(_parameters(), TerminalSecretion.Settings(species="rat", cells=1))
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), Streams(0))
    part.release(state, Events(*np.zeros((3, 1), dtype=np.int64)), 0, 1)
    begun = float(state.fast_calcium[0, 0])  # the state is worth what it was at the start of the block
    return begun * float(equations.left_in_block(equations.constants(_parameters(), 3, 0), 2)[1, 1, 0])


def _steady(rate: float) -> float:
    """Return the rate of secretion (pg/s) in the last 10 s of ten minutes."""
    times = train(rate, round(600 * rate), start=0)
    result = secrete([times], _parameters(), 601 * SECOND, synthesis="none")
    return float(result.rate[590:600].mean())


def figures() -> dict[str, Any]:
    """Return release against frequency: total and for each spike, 60-s trains and trains of 156 spikes."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    total, each = figure.subplots(1, 2)
    long = np.array([long_train(rate) for rate in LONG])
    short = np.array([_secrete(train(rate, SHORT_SPIKES)).total for rate in SHORT])
    wanted = {
        "60 s": (LONG, long, 60 * np.array(LONG), [f"ST_60s_{rate:g}" for rate in LONG]),
        f"{SHORT_SPIKES} spikes": (SHORT, short, SHORT_SPIKES, [f"ST_156_{rate}" for rate in SHORT]),
    }
    for name, (rates, found, count, ids) in wanted.items():
        expected = np.array([targets[key].published for key in ids])
        for axes, share in ((total, 1), (each, count)):
            (line,) = axes.plot(rates, found / share, label=f"model, {name}")
            axes.plot(rates, expected / share, "o", color=line.get_color(), markeredgecolor="black")
    total.plot([], [], "wo", markeredgecolor="black", label="computed beforehand")
    total.set(xlabel="spikes/s", ylabel="released (pg)")
    each.set(xlabel="spikes/s", ylabel="released (pg/spike)")
    for axes in (total, each):
        axes.set_ylim(bottom=0)
    total.legend(frameon=False)
    return {"secretion_trains": figure}
