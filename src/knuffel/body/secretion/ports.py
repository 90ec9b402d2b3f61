"""What every model of the secretion gives, and the inputs that several read, so that one can stand in for another."""

from __future__ import annotations

import numpy as np

from knuffel.body.contract import Kind, Port

__all__ = ["KAPPA", "MU", "OUTPUTS", "SUBJECT"]

MU = Port("modulators.mu_opioid_occupancy", "1", Kind.FRACTION, "lowers release", default=0.0, range=(0.0, 1.0))
KAPPA = Port(
    "modulators.kappa_activity", "1", Kind.FRACTION, "lowers the fast calcium of a spike", default=0.0, range=(0.0, 1.0)
)
SUBJECT = (
    Port("physiology.basal_concentration", "pg/mL", Kind.LEVEL, "resting plasma oxytocin of the subject"),
    Port("physiology.clearance", "mL/s", Kind.LEVEL, "clearance of oxytocin of the subject"),
)
"""What the scale of a gland needs to know of the subject."""

OUTPUTS = (
    Port("secretion.gland_rate", "pg/s", Kind.RATE, "secretion of the modelled (rat) gland", range=(0.0, np.inf)),
    Port(
        "secretion.rate", "pg/s", Kind.RATE, "oxytocin into the blood", default=0.0, range=(0.0, np.inf),
        substance="oxytocin",
    ),
    Port("secretion.store_fraction", "1", Kind.FRACTION, "reserve left", default=1.0, range=(0.0, 1.0)),
)  # fmt: skip
"""The outputs of all models."""
