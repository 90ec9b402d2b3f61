"""The loop of the vessels, compiled: the very function of the equations."""

from __future__ import annotations

from numba import njit

from knuffel.body.circulation.pressure import equations

__all__ = ["advance_vessels"]

advance_vessels = njit(cache=True, error_model="numpy", nogil=True)(equations.advance_vessels)
