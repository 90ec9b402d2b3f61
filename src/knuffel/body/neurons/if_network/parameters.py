"""Parameters and state of the network with the companion cell; its settings are those of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, Ints, State, parameter
from knuffel.body.neurons.network.parameters import DendriticParameters

__all__ = ["CompanionNetworkParameters", "CompanionNetworkState"]


@dataclass(frozen=True)
class CompanionNetworkParameters(DendriticParameters):
    """Membrane of the integrate-and-fire neuron; scalars or arrays of shape (subject,)."""

    psp_size: Any = parameter("neurons.psp_size", "mV", "size of one excitatory or inhibitory PSP")
    psp_half_life: Any = parameter("neurons.psp_half_life", "ms", "half-life of a PSP", at_least=1)
    hap_half_life: Any = parameter("neurons.hap_half_life", "ms", "half-life of the HAP", at_least=1)
    ahp_size: Any = parameter("neurons.ahp_size", "mV", "afterhyperpolarisation, step at a spike")
    ahp_half_life: Any = parameter("neurons.ahp_half_life", "ms", "half-life of the AHP", at_least=1)
    refractory_period: Any = parameter("neurons.refractory_period", "ms", "shortest interval between two spikes")


@dataclass
class CompanionNetworkState(State):
    """Neurons: arrays of shape (subject, neuron); bundles: arrays of shape (subject, bundle).

    ``psp``, ``hap`` and ``ahp`` mV; ``store`` releasable units in each of the two dendrites; ``since_spike`` and
    ``last_interval`` ms, at most 10 000; ``pending`` 1 while the last spike may still release; ``threshold_fall`` mV;
    ``released`` units in the last ms; ``endocannabinoid``; ``subject_index`` (subject,).
    """

    subject_index: Ints
    psp: Floats
    hap: Floats
    ahp: Floats
    store: Floats
    since_spike: npt.NDArray[np.int64]
    last_interval: npt.NDArray[np.int64]
    pending: npt.NDArray[np.int64]
    threshold_fall: Floats
    released: Floats
    endocannabinoid: Floats
