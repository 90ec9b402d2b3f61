"""Philox4x32-10: known answers and the promises that counter-based streams make."""

from __future__ import annotations

import numpy as np
import pytest

from knuffel.engine.random import Streams, philox4x32
from knuffel.errors import ParameterError

FULL = 0xFFFFFFFF
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL,) * 4, (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]) -> None:
    assert tuple(int(word) for word in philox4x32(*counter, key)) == words


def test_a_draw_depends_only_on_its_counter() -> None:
    stream = Streams(7)("test")
    many = stream.uniform(np.arange(100)[:, None], neuron=np.arange(5), subject=3)
    assert many.shape == (100, 5)
    assert stream.uniform(42, neuron=2, subject=3) == many[42, 2]


def test_purposes_rooms_and_seeds_are_independent() -> None:
    first = Streams(1, "a")("x").uniform(np.arange(1000))
    for other in (Streams(1, "a")("y"), Streams(1, "b")("x"), Streams(2, "a")("x")):
        assert abs(np.corrcoef(first, other.uniform(np.arange(1000)))[0, 1]) < 0.12


def test_moments_of_uniform_and_normal() -> None:
    stream = Streams(11)("moments")
    uniform, normal = stream.uniform(np.arange(200_000)), stream.normal(np.arange(200_000), draw=1)
    assert uniform.min() > 0 and uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.003
    assert abs(normal.mean()) < 0.01 and abs(normal.std() - 1) < 0.01


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_outside_32_bits_is_refused(seed: int) -> None:
    with pytest.raises(ParameterError, match="seed"):
        Streams(seed)
