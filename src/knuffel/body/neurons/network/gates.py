"""What reaches the network: synaptic input, the priming of the dendrites by suckling, and what opens and closes it."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from knuffel.body.contract import Floats, Inputs, Kind, Port
from knuffel.body.neurons.network.topology import right_side
from knuffel.body.neurons.ports import GAINS, arrivals

__all__ = ["INPUTS", "drive", "priming"]


def _share(name: str, doc: str, default: float = 0.0) -> Port:
    return Port(name, "1", Kind.FRACTION, doc, default=default, range=(0.0, 1.0))


def _level(name: str, doc: str) -> Port:
    return Port(name, "1", Kind.LEVEL, doc, default=0.0, range=(0.0, inf))


_SUCKLING = _level("stimuli.suckling", "suckling that primes the dendrites; a full litter or a baby is 1")
_LEFT = _level("stimuli.suckling_left", "suckling on the left side")
_RIGHT = _level("stimuli.suckling_right", "suckling on the right side")
_SLEEP = _share("stimuli.sleep_gate", "1 lets suckling through, 0 (aroused EEG of a rat) does not", default=1.0)
_AROUSAL = _share("stimuli.arousal", "stress and pain, which weaken suckling")
_CENTRAL = _level("stimuli.icv_oxytocin", "oxytocin given into a ventricle, in multiples of the reference")
_ANTAGONIST = _share("modulators.central_antagonist_occupancy", "oxytocin receptors of the neurons that are blocked")
_ANAESTHESIA = _share("modulators.anaesthesia", "anaesthesia that blocks the reflex")

INPUTS = (*GAINS, _SUCKLING, _LEFT, _RIGHT, _SLEEP, _AROUSAL, _CENTRAL, _ANTAGONIST, _ANAESTHESIA)
"""The inputs of the network."""


def drive(parameters: Any, inputs: Inputs) -> Floats:
    """Return what drives all neurons of a subject alike, (5, subject).

    Rows: expected excitatory and inhibitory arrivals per ms and dendrite; fall of the threshold for one unit released
    into a bundle (mV); share of the store that a spike releases; units that reach each bundle per ms from outside. A
    level that changes acts with its mean over the interval.
    """
    p = parameters
    excitation, inhibition = arrivals(p.psp_rate, p.inhibition_ratio, p.mu_opioid_inhibition, inputs)
    opioid = 1 - p.mu_opioid_dendritic_inhibition * inputs.mean(GAINS[2].name)
    rows = (
        0.5 * excitation,
        0.5 * inhibition,
        p.oxytocin_excitation * (1 - inputs.mean(_ANTAGONIST.name)),
        p.dendritic_release_fraction * opioid,
        p.central_oxytocin * inputs.mean(_CENTRAL.name),
    )
    return np.stack(np.broadcast_arrays(*rows)).astype(np.float64)


def priming(parameters: Any, settings: Any, inputs: Inputs, cells: int) -> Floats:
    """Return the store units that each dendrite gains per ms, (subject, neuron).

    In two nuclei each side gets most from the other side of the body; elsewhere all neurons get the same. Arousal takes
    its share away; anaesthesia and the sleep gate close altogether.
    """
    p = parameters
    gate = (1 - p.arousal_inhibition * inputs.mean(_AROUSAL.name)) * inputs.mean(_SLEEP.name)
    gate = gate * (1 - inputs.mean(_ANAESTHESIA.name)) * p.priming_rate / 1000
    if settings.topology == "two_nuclei" and not len(settings.graph):
        left, right, crossed = inputs.mean(_LEFT.name), inputs.mean(_RIGHT.name), p.contralateral_weight
        sides = np.stack([crossed * right + (1 - crossed) * left, crossed * left + (1 - crossed) * right], axis=1)
        suckling = sides[:, right_side(cells).astype(np.int64)]
    else:
        suckling = np.repeat(inputs.mean(_SUCKLING.name)[:, None], cells, axis=1)
    return np.ascontiguousarray(np.atleast_1d(gate)[:, None] * suckling)
