"""Philox words inside compiled loops over neurons that stand side by side.

The same numbers as `draws.philox`, written so that a loop over neurons vectorises.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["philox_words"]

_u64 = np.uint64
_M0, _M1 = _u64(0xD2511F53), _u64(0xCD9E8D57)
_K0, _K1 = _u64(0x9E3779B9), _u64(0xBB67AE85)
_MASK, _SHIFT = _u64(0xFFFFFFFF), _u64(32)


@njit(inline="always")
def _round(a, b, c, d, k0, k1):
    """One Philox round on the lower halves of 64-bit words; nothing reads the upper halves.

    Masked at the multiplication, which then is the widening one that vectorises, and the masks cost nothing.
    """
    p = (a & _MASK) * _M0
    q = (c & _MASK) * _M1
    return (q >> _SHIFT) ^ b ^ k0, q, (p >> _SHIFT) ^ d ^ k1, p & _MASK


@njit(inline="always")
def philox_words(block, draw, k0, k1, neuron, subject):
    """Return the four words of counter (block, draw, neuron, subject)."""
    a, b, c, d = _round(block, draw, neuron, subject, k0, k1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(1) * _K0, k1 + _u64(1) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(2) * _K0, k1 + _u64(2) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(3) * _K0, k1 + _u64(3) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(4) * _K0, k1 + _u64(4) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(5) * _K0, k1 + _u64(5) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(6) * _K0, k1 + _u64(6) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(7) * _K0, k1 + _u64(7) * _K1)
    a, b, c, d = _round(a, b, c, d, k0 + _u64(8) * _K0, k1 + _u64(8) * _K1)
    return _round(a, b, c, d, k0 + _u64(9) * _K0, k1 + _u64(9) * _K1)
