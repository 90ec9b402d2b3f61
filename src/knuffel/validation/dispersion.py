"""Index of dispersion of spike counts: how regular oxytocin neurons fire over half a second to ten seconds.

A Poisson train has 1 at every bin width. The AHP adds up over spikes and decays over a second, so that it evens out
slower fluctuations: the index falls with the bin width, and with the rate. Without it the index is flat. In lactation
the AHP is larger (DOI 10.1113/jphysiol.2005.085985): slower and more regular firing on the same input.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.spikes import DISPERSION_BINS
from knuffel.validation.cells import Floats, Recording, at_rate, record
from knuffel.validation.row import Row
from knuffel.validation.spiking import REST, SETS, STIMULATED, at_published

__all__ = ["figures", "rows"]

_SECONDS = 850
_RESTING, _LACTATING = "oxytocin-2018", "oxytocin-2018-lactating"


@lru_cache(maxsize=2)
def _own_rest(set_name: str) -> Recording:
    """Return cells at the resting PSP rate of their set."""
    return record(set_name, None, _SECONDS)


def _blocked(set_name: str) -> Recording:
    """Return cells without AHP, at the rate at which cells of the set with it fire at rest (1.8/s)."""
    return at_rate(set_name, _own_rest(_RESTING).rate, _SECONDS, ahp_size=0.0)


def _largest_rise(index: Floats) -> float:
    return float(np.diff(index).max())


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/dispersion.toml`."""
    found = []
    for set_name, label in SETS.items():
        rest, stimulated = (at_published(set_name, state).dispersion() for state in (REST, STIMULATED))
        blocked = _blocked(set_name).dispersion()
        for state, index in (("rest", rest), ("stimulated", stimulated)):
            found += [
                Row(f"ID_{label}_{state}_highest", float(index.max())),
                Row(f"ID_{label}_{state}_rise", _largest_rise(index)),
            ]
        found += [
            Row(f"ID_{label}_rate", float((stimulated / rest).max())),
            Row(f"ID_{label}_blocked_lowest", float(blocked.min())),
            Row(f"ID_{label}_blocked_highest", float(blocked.max())),
        ]
    normal, lactating = _own_rest(_RESTING), _own_rest(_LACTATING)
    return [
        *found,
        Row("ID_lactating_rate", lactating.rate / normal.rate),
        Row("ID_lactating_index", float((lactating.dispersion() / normal.dispersion()).max())),
    ]


def figures() -> dict[str, Any]:
    """Return the index against the bin width: at rest, stimulated, without AHP, and in lactation."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.8), layout="constrained")
    seconds = np.array(DISPERSION_BINS) / 1000
    panels = list(figure.subplots(1, 3, sharey=True))
    for axes, set_name in zip(panels, SETS, strict=False):
        for recording, words, line in (
            (at_published(set_name, REST), "rest", "o-"),
            (at_published(set_name, STIMULATED), "stimulated", "s-"),
            (_blocked(set_name), "without AHP", "^--"),
        ):
            label = f"{words}, {recording.rate:.1f} spikes/s"
            axes.plot(seconds, recording.dispersion(), line, markersize=4, label=label)
        axes.set(title=set_name)
    for set_name, words, line in ((_RESTING, "not lactating", "o-"), (_LACTATING, "lactating, AHP x 1.4", "s-")):
        recording = _own_rest(set_name)
        label = f"{words}, {recording.rate:.1f} spikes/s"
        panels[2].plot(seconds, recording.dispersion(), line, markersize=4, label=label)
    panels[2].set(title=f"{_RESTING}, equal input")
    for axes in panels:
        axes.axhline(1, color="black", linestyle=":", linewidth=1)
        axes.text(seconds[-1], 1.01, "Poisson", ha="right", fontsize="small")
        axes.set(xlabel="bin width (s)")
        axes.set_ylim(0, 1.5)
        axes.legend(fontsize="small", frameon=False, loc="upper right")
    panels[0].set(ylabel="index of dispersion of counts")
    return {"dispersion": figure}
