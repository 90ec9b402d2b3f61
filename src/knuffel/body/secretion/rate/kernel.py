"""The compiled form of `equations.advance_glands`. Nothing is compiled at import."""

from __future__ import annotations

from numba import njit

from knuffel.body.secretion.rate import equations

__all__ = ["advance_glands"]

advance_glands = njit(cache=True, error_model="numpy", nogil=True)(equations.advance_glands)
