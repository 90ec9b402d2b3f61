"""Spike patterning of oxytocin neurons: rate, interspike intervals and hazard (DOI 10.1371/journal.pone.0180368).

Protocol: the reference cell of the study fired 1945 spikes in 850 s at rest (2.29 spikes/s) and 17 236 in 2000 s under
hypertonic saline (8.62 spikes/s). Here only the PSP rate of a parameter set is moved (inhibition in proportion) until
the mean cell has those rates; everything else is then read off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis import spikes
from knuffel.evidence import load
from knuffel.validation.cells import Recording, at_rate, record
from knuffel.validation.row import Row

__all__ = ["REST", "SETS", "STIMULATED", "at_published", "figures", "rows"]

SETS = {"spikemod-2017like": "spikemod", "oxytocin-2018": "oxytocin"}
REST, STIMULATED = (1945, 850), (17236, 2000)
"""Published spikes and seconds."""

_EARLY, _LATE, _LATER = 15, (100, 200), (300, 100)


def at_published(set_name: str, published: tuple[int, int], **changes: Any) -> Recording:
    """Return cells of a set, or of one with changed fields, at a published number of spikes and seconds."""
    count, seconds = published
    return at_rate(set_name, count / seconds, seconds, **changes)


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/neurons.toml` that start with SP."""
    found = []
    for set_name, label in SETS.items():
        for state, published in (("rest", REST), ("stimulated", STIMULATED)):
            recording = at_published(set_name, published)
            gap = recording.intervals
            left, contents = spikes.interval_histogram(gap)
            tail = spikes.exponential_tail(gap)
            name = f"SP_{label}_{state}"
            found += [
                Row(f"{name}_spikes", recording.rate * recording.seconds),
                Row(f"{name}_mode", spikes.interval_mode(left, contents)),
                Row(f"{name}_tail", tail.r_squared),
            ]
        recording = at_published(set_name, REST)
        early, later = _hazard_ratios(recording.intervals)
        found += [Row(f"SP_{label}_hazard_early", early), Row(f"SP_{label}_hazard_flat", later)]
    found.append(Row("SP_oxytocin_resting_rate", record("oxytocin-2018", None, 300).rate))
    return found


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
    for column, (state, published) in enumerate((("rest", REST), ("hypertonic saline", STIMULATED))):
        for set_name in SETS:
            recording = at_published(set_name, published)
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
