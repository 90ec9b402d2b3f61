"""The loop of the vasopressin neuron, compiled from `equations` as it stands there: equal bits.

Nothing is compiled at import; the first call compiles and fills the cache.
"""

from __future__ import annotations

from numba import njit

from knuffel.body.neurons.vasopressin import equations

__all__ = ["advance_cells"]

advance_cells = njit(cache=True, error_model="numpy", nogil=True)(equations.advance_cells)
