"""The compiled loop of the Poisson cells: `equations.advance_cells` as it stands; the first call compiles it."""

from __future__ import annotations

from numba import njit

from knuffel.body.neurons.poisson import equations

__all__ = ["advance_cells"]

advance_cells = njit(cache=True, error_model="numpy", nogil=True)(equations.advance_cells)
