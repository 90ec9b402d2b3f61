"""How flows and volumes grow with the body; shared by the rooms that scale their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["flow_scale", "volume_scale"]


def volume_scale(weight: Any, reference: Any) -> Any:
    """Return the factor of volumes for a body ``weight`` when a number belongs to the weight ``reference`` (kg)."""
    return weight / reference


def flow_scale(weight: Any, reference: Any, most: Any, exponent: Any) -> Any:
    """Return the factor of clearances and exchange flows, (W/W_ref)^exponent.

    Weight above ``most`` times the reference does not count: fat clears nothing.
    """
    return np.minimum(weight / reference, most) ** exponent
