"""Spike patterning of oxytocin neurons: rate, interspike intervals and hazard (DOI 10.1371/journal.pone.0180368).

Protocol: the reference cell of the study fired 1945 spikes in 850 s at rest (2.29 spikes/s) and 17 236 in 2000 s under
hypertonic saline (8.62 spikes/s). Here only the PSP rate of a parameter set is moved (inhibition in proportion) until
the mean cell has those rates; everything else is then read off.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis import spikes
from knuffel.body.contract import Inputs, Subjects
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.evidence.resolve import build, resolve
from knuffel.validation.row import Row

__all__ = ["Recording", "figures", "record", "rows"]

SETS = {"spikemod-2017like": "spikemod", "oxytocin-2018": "oxytocin"}
REST, STIMULATED = (1945, 850), (17236, 2000)
"""Published spikes and seconds."""

_CELLS, _SETTLE, _STEP = 128, 20, 1000
_EARLY, _LATE, _LATER = 15, (100, 200), (300, 100)


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
    def intervals(self) -> npt.NDArray[np.float64]:
        """All interspike intervals (ms)."""
        return spikes.intervals(self.time, self.cell)


def record(
    set_name: str, psp_rate: float, seconds: int, *, cells: int = _CELLS, seed: int = 1, **changes: Any
) -> Recording:
    """Run cells of a parameter set at a PSP rate (Hz) and return their spikes after 20 s of settling."""
    kind = IntegrateAndFireOxytocin
    resolved, _ = resolve([item.metadata["id"] for item in fields(kind.Parameters)], [set_name])
    parameters = replace(build(kind.Parameters, resolved), psp_rate=psp_rate, **changes)
    part, streams = kind(parameters, kind.Settings(cells=cells)), Streams(seed, kind.room)
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), streams)
    inputs = Inputs({port.name: (np.full(1, port.default),) * 2 for port in kind.inputs})
    time, cell = [], []
    for begin in range(-_SETTLE * _STEP, seconds * _STEP, _STEP):
        found = part.advance(state, inputs, begin, _STEP, streams)["neurons.spike"]
        if begin >= 0:
            time.append(found.time)
            cell.append(found.index)
    return Recording(np.concatenate(time), np.concatenate(cell), cells, seconds, psp_rate)


@lru_cache(maxsize=16)
def _at_rate(set_name: str, spikes_wanted: int, seconds: int) -> Recording:
    """Return a recording at the published mean rate, by moving the PSP rate only (regula falsi, fixed seed)."""
    wanted = spikes_wanted / seconds
    low, high = 50.0, 50.0
    at_low = at_high = -wanted
    while at_high < 0:
        low, at_low = high, at_high
        high *= 2
        at_high = record(set_name, high, 60).rate - wanted
    for _ in range(6):
        middle = low - at_low * (high - low) / (at_high - at_low)
        value = record(set_name, middle, 60).rate - wanted
        if value < 0:
            low, at_low = middle, value
        else:
            high, at_high = middle, value
    return record(set_name, low - at_low * (high - low) / (at_high - at_low), seconds)


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/neurons.toml` that start with SP."""
    found = []
    for set_name, label in SETS.items():
        for state, (count, seconds) in (("rest", REST), ("stimulated", STIMULATED)):
            recording = _at_rate(set_name, count, seconds)
            gap = recording.intervals
            left, contents = spikes.interval_histogram(gap)
            tail = spikes.exponential_tail(gap)
            name = f"SP_{label}_{state}"
            found += [
                Row(f"{name}_spikes", recording.rate * seconds),
                Row(f"{name}_mode", spikes.interval_mode(left, contents)),
                Row(f"{name}_tail", tail.r_squared),
            ]
        recording = _at_rate(set_name, *REST)
        early, later = _hazard_ratios(recording.intervals)
        found += [Row(f"SP_{label}_hazard_early", early), Row(f"SP_{label}_hazard_flat", later)]
    found.append(Row("SP_oxytocin_resting_rate", record("oxytocin-2018", _published_rate("oxytocin-2018"), 300).rate))
    return found


def _published_rate(set_name: str) -> float:
    resolved, _ = resolve(["neurons.psp_rate"], [set_name])
    return float(np.asarray(resolved["neurons.psp_rate"].value))


def _hazard_ratios(gap: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the hazard below 15 ms over that at 100 to 200 ms, and the hazard at 300 ms over that at 100 ms."""
    left, value = spikes.hazard(gap)
    width = left[1] - left[0]

    def mean(first: float, last: float) -> float:
        return float(value[(left >= first) & (left < last)].mean())

    around = [mean(centre - 2 * width, centre + 2 * width) for centre in _LATER]
    return mean(0, _EARLY) / mean(*_LATE), around[0] / around[1]


def figures() -> dict[str, Any]:
    """Return interval histograms and hazards of both sets at both rates, with what was published about them."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots(2, 2)
    for column, (state, (count, seconds)) in enumerate((("rest", REST), ("hypertonic saline", STIMULATED))):
        for set_name in SETS:
            recording = _at_rate(set_name, count, seconds)
            label = f"{set_name}, {recording.psp_rate:.0f} PSPs/s, {recording.rate:.1f} spikes/s"
            axes[0, column].step(
                *spikes.interval_histogram(recording.intervals, longest=1000), where="post", label=label
            )
            left, value = spikes.hazard(recording.intervals, longest=500)
            axes[1, column].step(left, value, where="post")
        axes[0, column].set(title=state, xlabel="interspike interval (ms)", ylabel="intervals per 10 000 and 5 ms")
        axes[1, column].set(xlabel="time since the last spike (ms)", ylabel="hazard per 5 ms")
        words = "rest" if column == 0 else "stimulated"
        low, high = targets[f"SP_spikemod_{words}_mode"].interval
        axes[0, column].axvspan(low, high, color="grey", alpha=0.25, label="published: most frequent interval")
        axes[0, column].legend(fontsize="small", frameon=False)
    axes[1, 0].axvspan(0, _EARLY, color="grey", alpha=0.25, label="published: hardly any spike, then flat")
    axes[1, 0].legend(fontsize="small", frameon=False)
    return {"spike_patterning": figure}
