"""Secretion from plasma and firing from secretion: exact inverses, and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from knuffel.analysis.deconvolution import firing_from_secretion, secretion_from_plasma
from knuffel.body.circulation.plasma.equations import bolus_concentration
from knuffel.errors import DataError

KINETICS: dict[str, Any] = {
    "clearance": 0.087,
    "central_volume": 8.5,
    "distribution_clearance": 0.104,
    "peripheral_volume": 9.75,
}


def plasma(secretion: Any, interval: float, start: float) -> Any:
    """Return the levels before, between and after pieces of constant secretion, from the steady level ``start``."""
    clearance, here, exchange, there = KINETICS.values()
    slopes = np.zeros((3, 3))
    slopes[0] = -(clearance + exchange) / here, exchange / there, 1
    slopes[1, :2] = exchange / here, -exchange / there
    step = expm(slopes * interval)
    central, peripheral = start * KINETICS["central_volume"], start * KINETICS["peripheral_volume"]
    levels = [start]
    for rate in secretion:
        central, peripheral = (
            step[0] @ (central, peripheral, rate),
            step[1] @ (central, peripheral, rate),
        )
        levels.append(central / KINETICS["central_volume"])
    return np.array(levels)


@pytest.mark.parametrize("interval", [1.0, 30.0, 600.0])
def test_secretion_comes_back_exactly(interval: float) -> None:
    secretion = np.random.default_rng(1).gamma(2.0, 10.0, 200)
    found = secretion_from_plasma(plasma(secretion, interval, start=23), interval, **KINETICS)
    assert found == pytest.approx(secretion, rel=1e-8)


def test_animals_are_inverted_side_by_side() -> None:
    secretion = np.random.default_rng(2).gamma(2.0, 10.0, (3, 50))
    levels = np.array([plasma(row, 10.0, start) for row, start in zip(secretion, (0, 5, 40), strict=True)])
    assert secretion_from_plasma(levels, 10.0, **KINETICS) == pytest.approx(secretion, rel=1e-8)


def test_a_bolus_is_a_single_piece_of_secretion() -> None:
    seen = bolus_concentration(100.0, np.arange(1.0, 60), *KINETICS.values())
    levels = np.concatenate([[0, 0], seen])
    found = secretion_from_plasma(levels, 1.0, **KINETICS)
    assert found[0] == 0
    assert found.sum() == pytest.approx(100, rel=0.01)
    assert np.abs(found[2:]).max() < 1


def test_a_wrong_start_of_the_tissues_is_forgotten() -> None:
    secretion = np.full(200, 2.0)
    levels = plasma(secretion, 10.0, start=23)
    found = secretion_from_plasma(levels, 10.0, peripheral_start=0.0, **KINETICS)
    assert found[0] > 2 * secretion[0]
    assert found[100:] == pytest.approx(secretion[100:], rel=1e-3)


@pytest.mark.parametrize(
    ("levels", "interval", "words"),
    [
        ([1.0], 1.0, "two or more"),
        (1.0, 1.0, "two or more"),
        ([1.0, np.nan], 1.0, "not a finite"),
        ([1.0, 2.0], 0.0, "above 0"),
        ([1.0, 2.0], float("nan"), "above 0"),
    ],
)
def test_bad_samples_are_refused(levels: Any, interval: float, words: str) -> None:
    with pytest.raises(DataError, match=words):
        secretion_from_plasma(levels, interval, **KINETICS)


def test_firing_is_read_off_the_curve() -> None:
    rates, curve = [1.0, 2.0, 4.0], [1.0, 3.0, 11.0]
    assert firing_from_secretion([0.0, 1.0, 2.0, 7.0, 99.0], rates, curve).tolist() == [1.0, 1.0, 1.5, 3.0, 4.0]
    assert firing_from_secretion([[3.0], [11.0]], rates, curve).tolist() == [[2.0], [4.0]]


@pytest.mark.parametrize(
    ("rates", "curve", "words"),
    [([1.0], [1.0], "two or more"), ([1.0, 2.0], [1.0], "as many"), ([1.0, 2.0], [3.0, 3.0], "rise")],
)
def test_a_curve_that_cannot_be_inverted_is_refused(rates: Any, curve: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        firing_from_secretion([1.0], rates, curve)
