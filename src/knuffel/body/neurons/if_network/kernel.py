"""The loop of the network with the companion cell, compiled: the very function of `equations`."""

from __future__ import annotations

from numba import njit

from knuffel.body.neurons.if_network import equations

__all__ = ["advance_networks"]

advance_networks = njit(cache=True, error_model="numpy", nogil=True)(equations.advance_networks)
