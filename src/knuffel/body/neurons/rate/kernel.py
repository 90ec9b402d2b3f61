"""The compiled form of `equations.mean_rates`. Nothing is compiled at import."""

from __future__ import annotations

from numba import njit

from knuffel.body.neurons.rate import equations

__all__ = ["mean_rates"]

mean_rates = njit(cache=True, error_model="numpy", nogil=True)(equations.mean_rates)
