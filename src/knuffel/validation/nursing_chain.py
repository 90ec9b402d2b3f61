"""From suckling to the pressure of milk: does the breast answer every burst of the network, and nothing else?

Protocol: a litter sucks for half an hour, with three seeds. A burst begins when the cells together first reach
10 spikes/s; a pulse of pressure is a stretch of more than 1 mmHg above rest. The expectations are those of our design
(network, then gland, blood and breast); latencies of 12 s in the published model, 15 to 20 s in anaesthetised dams (DOI
10.1677/joe.0.0570477).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from knuffel.validation.cells import Floats
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

SEEDS, MINUTES = (1, 2, 3), 32
"""Seeds, and minutes of a run; suckling begins after 2 min and lasts to the end."""

_NURSING = f"""
duration: {MINUTES} min
subject: {{species: SPECIES, sex: female, state: lactating}}
stimuli: [{{kind: KIND, start: 2 min, duration: {MINUTES - 2} min}}]
observe: {{record: {{every: 1 s}}}}
"""
_FEED = """
duration: 22 min
fidelity: rate
subject: {species: human, sex: female, state: lactating}
doses: [PULSES]
body:
  stimuli: {mode: prescribed, outputs: {suction_left: {expression: "where(t < 300, 0, 1)", unit: "1"}}}
observe: {record: {every: 10 s}}
engine: {intervals: {breast: STEP}}
"""
_PULSES = (335, 515, 695, 875)
"""Seconds at which 30 ng reach the blood in a feed that begins after 5 min."""

_NETWORK = "body: {neurons: {model: rossoni-2008}}"
_SLOW = "body: {breast: {set: urethane_slow}}"
_PORTS = ("breast.pressure", "breast.contraction", "plasma.oxytocin_concentration", "secretion.rate")
_BURST_RATE, _BIN = 10, 0.1
_PULSE, _SOON, _OVER = 1.0, 30, 120
"""mmHg above rest that count; s within which a burst has to be answered, and after which its answer is over."""


@dataclass(frozen=True)
class _Run:
    """Bursts (s), and by time (s): pressure above rest (mmHg), contraction, plasma (pg/mL), secretion (pg/s)."""

    bursts: Floats
    time: Floats
    pressure: Floats
    contraction: Floats
    plasma: Floats
    secretion: Floats

    @property
    def pulses(self) -> list[tuple[float, float]]:
        """Return when each pulse of pressure begins (s), and its peak (mmHg)."""
        above = np.concatenate([[False], self.pressure > _PULSE, [False]])
        begins, ends = (np.flatnonzero(np.diff(above.astype(int)) == sign) for sign in (1, -1))
        return [
            (_crossing(self.time, self.pressure, begin), float(self.pressure[begin:end].max()))
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]


def _crossing(time: Floats, level: Floats, place: int) -> float:
    """Return when a level passes the threshold on its way to the sample at ``place``."""
    if place == 0:
        return float(time[0])
    before, after = level[place - 1 : place + 1]
    share = (_PULSE - before) / (after - before)
    return float(time[place - 1] + share * (time[place] - time[place - 1]))


def _bursts(spikes: Floats, cells: int, duration: float) -> Floats:
    """Return the times (s) at which the cells together first fire fast, at least 10 s apart."""
    counts, left = np.histogram(spikes, np.arange(0, duration + _BIN, _BIN))
    fast = left[:-1][counts > _BURST_RATE * cells * _BIN]
    first = np.diff(fast, prepend=-np.inf) > 10
    # The histogram puts the onset at the start of a bin; half a bin is its mean error.
    found: Floats = fast[first] + _BIN / 2
    return found


@lru_cache(maxsize=8)
def _run(seed: int, species: str = "rat", more: str = "") -> _Run:
    kind = "suckling" if species == "rat" else "feed"
    text = _NURSING.replace("SPECIES", species).replace("KIND", kind) + more
    result = simulate(loads_scenario(text, [f"seed={seed}"]))
    data = result.dataset
    level = {name: np.asarray(data[name].values[0]) for name in _PORTS}
    spikes = np.asarray(result.recorded.variables["neurons.spike.time"].data[:]) / 1000
    cells = int(result.attributes["cells"])
    pressure = level["breast.pressure"]
    return _Run(
        bursts=_bursts(spikes, cells, result.duration),
        time=np.asarray(data["time"].values),
        pressure=pressure - pressure[0],
        contraction=level["breast.contraction"],
        plasma=level["plasma.oxytocin_concentration"],
        secretion=level["secretion.rate"],
    )


@lru_cache(maxsize=8)
def _feed(step: str) -> tuple[float, float]:
    """Return the highest pressure (mmHg) and the milk removed (mL) in a feed with four given pulses and such steps."""
    pulse = "{{drug: oxytocin, route: iv_bolus, amount: 30 ng, at: {time} s, over: 20 s}}"
    pulses = ", ".join(pulse.format(time=time) for time in _PULSES)
    data = simulate(loads_scenario(_FEED.replace("STEP", step).replace("PULSES", pulses))).dataset
    return float(data["breast.pressure"].max()), float(data["breast.milk_removed"].max())


def _answers(run: _Run) -> list[list[tuple[float, float]]]:
    """Return for each burst, but those too near the end, the delay (s) and the peak (mmHg) of its pulses."""
    known = run.bursts[run.bursts < MINUTES * 60 - _OVER]
    return [
        [(begin - burst, peak) for begin, peak in run.pulses if 0 <= begin - burst <= _SOON] for burst in known.tolist()
    ]


def _unasked(run: _Run) -> int:
    """Return the number of pulses that no burst explains."""
    return sum(not any(0 <= begin - burst <= _SOON for burst in run.bursts.tolist()) for begin, _ in run.pulses)


def _between(run: _Run) -> float:
    """Return the highest pressure above rest (mmHg) long after every burst."""
    since = run.time[:, None] - run.bursts[None, :]
    quiet = ~((since >= 0) & (since < _OVER)).any(axis=1)
    return float(run.pressure[quiet].max())


def _burst_masses(run: _Run) -> Floats:
    """Return what each burst adds to secretion (pg): ten seconds around it, less the secretion in between."""
    rest = float(np.median(run.secretion))
    after = run.time[None, :] - run.bursts[:, None]
    near = (after > -2) & (after <= 8)
    masses: Floats = ((run.secretion - rest)[None, :] * near).sum(axis=1)
    return masses


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/nursing_chain.toml`."""
    runs = [_run(seed) for seed in SEEDS]
    answers = [answer for run in runs for answer in _answers(run)]
    delays, peaks = np.array([pulse for answer in answers for pulse in answer]).T
    slow = np.array([pulse for answer in _answers(_run(SEEDS[0], more=_SLOW)) for pulse in answer])
    fine, coarse = _feed("500 ms"), _feed("10 s")
    return [
        Row("NC_answered", float(np.mean([len(answer) == 1 for answer in answers]))),
        Row("NC_unasked", float(sum(_unasked(run) for run in runs))),
        Row("NC_lowest_peak", float(peaks.min())),
        Row("NC_highest_peak", float(peaks.max())),
        Row("NC_shortest_delay", float(delays.min())),
        Row("NC_longest_delay", float(delays.max())),
        Row("NC_mean_delay", float(delays.mean())),
        Row("NC_urethane_delay", float(slow[:, 0].mean())),
        Row("NC_between", max(_between(run) for run in runs)),
        Row("NC_background", max(float(run.contraction[run.time < run.bursts[0]].max()) for run in runs)),
        Row("NC_woman_mass", float(_burst_masses(_run(SEEDS[0], "human", _NETWORK)).mean() / 1000)),
        Row("NC_coarse_peak", coarse[0] / fine[0]),
        Row("NC_coarse_removed", coarse[1] / fine[1]),
    ]


def figures() -> dict[str, Any]:
    """Return half an hour of suckling, from bursts to pressure, and how each pulse follows its burst."""
    from matplotlib.figure import Figure

    targets, run = load.targets(), _run(SEEDS[0])
    figure = Figure(figsize=(10, 6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 1))
    plasma, pressure = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    for axes, level, name in (
        (plasma, run.plasma, "oxytocin in plasma (pg/mL)"),
        (pressure, run.pressure, "pressure above rest (mmHg)"),
    ):
        axes.plot(run.time / 60, level)
        axes.plot(run.bursts / 60, np.zeros(len(run.bursts)), "^", color="black", label="burst of the network")
        axes.set(xlabel="minutes", ylabel=name)
    plasma.legend(fontsize="small", frameon=False, loc="upper left")
    answer = figure.add_subplot(grid[:, 1])
    for seed in SEEDS:
        pulses = [pulse for found in _answers(_run(seed)) for pulse in found]
        answer.plot(*np.array(pulses).T, "o", label=f"seed {seed}")
    low, high = targets["NC_lowest_peak"].interval[0], targets["NC_highest_peak"].interval[1]
    left, right = targets["NC_shortest_delay"].interval[0], targets["NC_longest_delay"].interval[1]
    answer.fill_between([left, right], low, high, color="grey", alpha=0.25, label="expected")
    answer.set(xlabel="seconds from burst to 1 mmHg", ylabel="peak of the pulse (mmHg)", xlim=(8, 18), ylim=(0, 20))
    answer.legend(fontsize="small", frameon=False)
    return {"nursing_chain": figure}
