"""The loops of the breast, compiled: the very functions of the equations."""

from __future__ import annotations

from numba import njit

from knuffel.body.breast.human import equations as human
from knuffel.body.breast.rat import equations as rat

__all__ = ["advance_breasts", "advance_glands"]

advance_breasts = njit(cache=True, error_model="numpy", nogil=True)(human.advance_breasts)
advance_glands = njit(cache=True, error_model="numpy", nogil=True)(rat.advance_glands)
