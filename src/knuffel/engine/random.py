"""Counter-based random streams: Philox4x32-10.

key = (run seed, hash of the purpose); counter = (step, draw, neuron, subject). A draw depends on nothing else, so
results do not change with the number of threads, the batch a subject is in, the order of components or a restart, and
a checkpoint needs no generator state.

Source: Salmon, Moraes, Dror & Shaw 2011, DOI 10.1145/2063384.2063405.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.errors import ParameterError

__all__ = ["SEED_LIMIT", "Stream", "Streams", "philox4x32"]

SEED_LIMIT = 2**32

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS = 10

Words = npt.NDArray[np.uint32]


def philox4x32(c0: Any, c1: Any, c2: Any, c3: Any, key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Return the four 32-bit words of Philox4x32-10 for broadcast counters (c0, c1, c2, c3) and a key.

    Counters are unsigned 32-bit integers, scalars or arrays that broadcast; the words have the broadcast shape.
    """
    a, b, c, d = (np.asarray(x, dtype=np.uint64) & _MASK for x in np.broadcast_arrays(c0, c1, c2, c3))
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(_ROUNDS):
        p, q = _M0 * a, _M1 * c
        a, b, c, d = (q >> _SHIFT) ^ b ^ np.uint64(k0), q & _MASK, (p >> _SHIFT) ^ d ^ np.uint64(k1), p & _MASK
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return a.astype(np.uint32), b.astype(np.uint32), c.astype(np.uint32), d.astype(np.uint32)


@dataclass(frozen=True)
class Stream:
    """One named source of randomness. ``key`` goes to compiled kernels; the methods serve array code."""

    key: tuple[int, int]

    def words(self, step: Any, *, draw: Any = 0, neuron: Any = 0, subject: Any = 0) -> tuple[Words, ...]:
        """Return four independent 32-bit words for every broadcast counter."""
        return philox4x32(step, draw, neuron, subject, self.key)

    def uniform(self, step: Any, *, draw: Any = 0, neuron: Any = 0, subject: Any = 0) -> npt.NDArray[np.float64]:
        """Return numbers in the open interval (0, 1), 52 bits each, one for every broadcast counter."""
        high, low, _, _ = self.words(step, draw=draw, neuron=neuron, subject=subject)
        bits = (high.astype(np.uint64) << np.uint64(20)) | (low.astype(np.uint64) >> np.uint64(12))
        return (bits.astype(np.float64) + 0.5) * 2.0**-52

    def normal(self, step: Any, *, draw: Any = 0, neuron: Any = 0, subject: Any = 0) -> npt.NDArray[np.float64]:
        """Return standard normal numbers (inverse distribution function), one for every broadcast counter."""
        from scipy.special import ndtri

        result: npt.NDArray[np.float64] = ndtri(self.uniform(step, draw=draw, neuron=neuron, subject=subject))
        return result


@dataclass(frozen=True)
class Streams:
    """The streams of one room: ``streams("synaptic input")`` returns the stream of that purpose."""

    seed: int
    room: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < SEED_LIMIT:
            raise ParameterError(f"seed {self.seed} is outside 0 … {SEED_LIMIT - 1}")

    def __call__(self, purpose: str) -> Stream:
        """Return the stream for ``purpose``; equal room, purpose and seed give equal numbers."""
        digest = blake2b(f"{self.room}/{purpose}".encode(), digest_size=4).digest()
        return Stream((self.seed, int.from_bytes(digest, "little")))

    def of(self, room: str) -> Streams:
        """Return the streams of another room under the same seed."""
        return Streams(self.seed, room)
