"""The constants of an adult, as pure functions."""

from __future__ import annotations

import numpy as np

from knuffel.body.contract import Floats

__all__ = ["basal_concentration", "week_or_zero"]


def basal_concentration(secretion: float | Floats, clearance: float | Floats) -> float | Floats:
    """Return the concentration (pg/mL) at which a constant ``secretion`` (pg/s) and ``clearance`` (mL/s) balance."""
    return secretion / clearance


def week_or_zero(gestational_week: Floats) -> Floats:
    """Return the week of pregnancy with 0 in place of NaN (not pregnant); array of shape (subject,)."""
    return np.where(np.isnan(gestational_week), 0, gestational_week).astype(np.float64)
