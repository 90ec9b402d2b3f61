"""What every model of the neurons reads and gives, so that one can stand in for another."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Inputs, Kind, Outputs, Port
from knuffel.errors import ParameterError

__all__ = [
    "DENDRITIC_RELEASE",
    "FORCED_SPIKE",
    "GAINS",
    "OUTPUTS",
    "arrivals",
    "check_cells",
    "rate_factors",
    "spikes_out",
]

GAINS = (
    Port("stimuli.excitation_gain", "1", Kind.LEVEL, "factor on the excitatory PSP rate", default=1.0),
    Port("stimuli.inhibition_gain", "1", Kind.LEVEL, "factor on the inhibitory PSP rate", default=1.0),
    Port(
        "modulators.mu_opioid_occupancy", "1", Kind.FRACTION, "takes its share of the excitatory PSP rate away",
        default=0.0, range=(0.0, 1.0),
    ),
)  # fmt: skip
"""The inputs that all models share."""

FORCED_SPIKE = Port(
    "stimuli.forced_spike",
    "ms",
    Kind.EVENTS,
    "antidromic spikes at the soma: time, subject, neuron or -1 for all",
    default=0.0,
)
DENDRITIC_RELEASE = Port(
    "stimuli.dendritic_release",
    "ms",
    Kind.EVENTS,
    "release from the dendrites without a spike: time, subject, neuron or -1 for all, fraction of the store",
    default=0.0,
    columns=(("fraction", "1"),),
)
"""Inputs of models that know antidromic spikes and dendritic release."""

OUTPUTS = (
    Port("neurons.spike", "ms", Kind.EVENTS, "spikes: time, subject, neuron"),
    Port(
        "neurons.firing_rate",
        "Hz",
        Kind.RATE,
        "spikes per second and cell, mean over cells",
        default=0.0,
        range=(0.0, inf),
    ),
)
"""The outputs of all models."""

Floats = npt.NDArray[np.float64]


def check_cells(cells: Any) -> None:
    """Raise `ParameterError` unless ``cells`` is a whole number of at least 1."""
    if isinstance(cells, bool) or not isinstance(cells, int) or cells < 1:
        raise ParameterError(
            f"neurons: cells is {cells!r}; it has to be a whole number of at least 1 "
            "(to run without neurons, use the model `basal` for secretion)"
        )


def arrivals(psp_rate: Any, inhibition_ratio: Any, opioid_inhibition: Any, inputs: Inputs) -> tuple[Floats, Floats]:
    """Return the expected excitatory and inhibitory PSPs per ms, arrays of shape (subject,), over the interval.

    ``psp_rate`` in Hz at rest; ``opioid_inhibition`` is the share of excitation that full mu-opioid occupancy takes
    away. A gain that changes acts with its mean; a negative gain counts as zero.
    """
    open_share = 1 - opioid_inhibition * inputs.mean(GAINS[2].name)
    excitation: Floats = np.maximum(psp_rate * inputs.mean(GAINS[0].name) * open_share, 0) / 1000
    inhibition: Floats = np.maximum(inhibition_ratio * psp_rate * inputs.mean(GAINS[1].name), 0) / 1000
    return excitation, inhibition


def rate_factors(spread: Any, index: npt.NDArray[np.int64], cells: int, stream: Any) -> Floats:
    """Return each cell's share of the PSP rate, (subject, cell): log-normal with mean 1 (population mean held).

    ``spread`` is the standard deviation of the logarithm; ``index`` the place of each subject in the cohort.
    """
    deviation = np.broadcast_to(np.asarray(spread, dtype=np.float64), (len(index),))
    if not deviation.any():
        return np.ones((len(index), cells))
    normal = stream.normal(0, neuron=np.arange(cells)[None, :], subject=index[:, None] & 0xFFFFFFFF)
    factors: Floats = np.exp(deviation[:, None] * normal - deviation[:, None] ** 2 / 2)
    return factors


def spikes_out(codes: npt.NDArray[np.int64], t: int, dt: int, subjects: int, cells: int) -> Outputs:
    """Return both outputs for spikes coded as (subject * dt + ms) * cells + neuron, in any order."""
    codes = np.sort(codes)
    step = codes // cells
    cell = codes - step * cells
    row = step // dt
    ms = step - row * dt
    per_cell = np.bincount(row, minlength=subjects) / cells
    return {OUTPUTS[0].name: Events(t + ms, row, cell), OUTPUTS[1].name: per_cell}
