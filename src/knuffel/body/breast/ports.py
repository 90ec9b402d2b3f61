"""What every model of the breast reads and gives, so that one can stand in for another."""

from __future__ import annotations

from math import inf

import numpy as np

from knuffel.body.contract import Floats, Inputs, Kind, Port

__all__ = ["COMMON_INPUTS", "OUTPUTS", "both_sides", "dose_ratio", "perfusion"]

_PLASMA = Port("plasma.oxytocin_concentration", "pg/mL", Kind.LEVEL, "oxytocin in plasma", default=0)
_BASAL = Port("physiology.basal_concentration", "pg/mL", Kind.LEVEL, "resting oxytocin in plasma")
_RATIO = Port(
    "receptors.antagonist_dose_ratio", "1", Kind.LEVEL, "dose ratio of antagonists", default=1, range=(1, inf)
)
_PERFUSION = Port(
    "stimuli.mammary_perfusion", "1", Kind.FRACTION, "blood flow of the gland, relative to rest", default=1,
    range=(0, 1),
)  # fmt: skip
_AROUSAL = Port("stimuli.arousal", "1", Kind.FRACTION, "stress and pain", default=0, range=(0, 1))
_LEFT, _RIGHT = (
    Port(f"stimuli.suction_{side}", "1", Kind.FRACTION, f"suction at the {side} side", default=0, range=(0, 1))
    for side in ("left", "right")
)

COMMON_INPUTS = (_PLASMA, _BASAL, _RATIO, _PERFUSION, _AROUSAL, _LEFT, _RIGHT)
"""The inputs that all models share."""


def _level(name: str, unit: str, doc: str) -> Port:
    return Port(f"breast.{name}", unit, Kind.LEVEL, doc, default=0, range=(0, inf))


OUTPUTS = (
    Port("breast.contraction", "1", Kind.FRACTION, "contraction of the myoepithelium", default=0, range=(0, 1)),
    _level("pressure", "mmHg", "pressure in the milk ducts"),
    _level("milk_volume", "mL", "milk in store"),
    Port("breast.milk_flow", "mL/s", Kind.RATE, "milk that leaves the gland", default=0, range=(0, inf)),
    _level("milk_removed", "mL", "milk removed since the start of the run"),
)
"""The outputs of all models; volumes and flows of all glands together."""


def perfusion(inputs: Inputs, arousal_share: Floats | float) -> Floats:
    """Return the relative blood flow of the gland, (subject,): arousal takes up to ``arousal_share`` away."""
    flow: Floats = inputs.mean(_PERFUSION.name) * (1 - arousal_share * inputs.mean(_AROUSAL.name))
    return flow


def dose_ratio(inputs: Inputs) -> Floats:
    """Return the factor of antagonists on the half-effective concentration, (subject,)."""
    return np.maximum(inputs.mean(_RATIO.name), 1)


def both_sides(inputs: Inputs) -> Floats:
    """Return the suction at the left and the right side, (subject, 2)."""
    return np.stack([inputs.mean(_LEFT.name), inputs.mean(_RIGHT.name)], axis=1)
