"""Random draws for loops that take one cell at a time: Philox words, Poisson counts, normal numbers.

Plain Python on scalars: it runs as it stands, and is compiled into the loops where numba is present. A draw depends
on (step, draw, neuron, subject) and the key of its stream only, as everywhere (`engine.random`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

try:
    from numba.extending import register_jitable
except ImportError:  # plain Python runs without numba

    def register_jitable(function: Any) -> Any:  # type: ignore[no-redef]
        """Return the function as it is."""
        return function


__all__ = ["MOST_ARRIVALS", "normal", "philox", "poisson", "register_jitable", "uniform"]

MOST_ARRIVALS = 512
"""Arrivals per ms up to which `poisson` draws what it should; beyond about 745 the exponential underflows."""

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS = 10
_WORD = 2.0**-32


@register_jitable
def philox(step: int, draw: int, neuron: int, subject: int, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Return the four 32-bit words (as uint64) of Philox4x32-10; key words ``k0``, ``k1`` as uint64."""
    a, b = np.uint64(step) & _MASK, np.uint64(draw)
    c, d = np.uint64(neuron), np.uint64(subject) & _MASK
    for _ in range(_ROUNDS):
        p, q = a * _M0, c * _M1
        a, b, c, d = (q >> _SHIFT) ^ b ^ k0, q & _MASK, (p >> _SHIFT) ^ d ^ k1, p & _MASK
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return a, b, c, d


@register_jitable
def uniform(word: Any) -> float:
    """Return a number in the open interval (0, 1) for a 32-bit word."""
    return (float(word) + 0.5) * _WORD


@register_jitable
def poisson(word: Any, mean: float) -> int:
    """Return a Poisson count by inversion for a 32-bit word; ``mean`` at least 0.

    What is left out of the tail has a probability of 2**-32. Cost grows with the mean; means are counts per ms.
    """
    if mean <= 0:
        return 0
    left = uniform(word)
    term = math.exp(-mean)
    count = 0
    while left > term and count < 1000:
        left -= term
        count += 1
        term *= mean / count
    return count


@register_jitable
def normal(first: Any, second: Any) -> float:
    """Return a standard normal number for two 32-bit words (Box and Muller, DOI 10.1214/aoms/1177706645)."""
    return math.sqrt(-2 * math.log(uniform(first))) * math.cos(2 * math.pi * uniform(second))
