"""Phases of a train: what counts as one, and odd trains."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from knuffel.analysis import phases as module
from knuffel.analysis.phases import phases


def test_the_example_in_the_text_holds() -> None:
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0


def test_phases_and_silences_of_a_regular_pattern() -> None:
    train = np.concatenate([60_000 * cycle + np.arange(0, 20_001, 100) for cycle in range(10)])
    found = phases(np.random.default_rng(1).permutation(train))
    assert len(found) == 10
    assert found.durations.tolist() == [20.0] * 10
    assert found.silences.tolist() == [40.0] * 9
    assert found.rates == pytest.approx(np.full(10, 10.0))
    assert found.active_share(600_000) == pytest.approx(1 / 3)


def test_the_definition_can_be_changed() -> None:
    train = [0, 1000, 2000, 3000, 9000, 10_000, 11_000]
    assert len(phases(train)) == 0
    assert phases(train, fewest=3).spikes.tolist() == [4, 3]
    assert phases(train, silence=10_000).spikes.tolist() == [7]


def test_a_silence_of_just_that_length_ends_a_phase() -> None:
    train = [0, 100, 200, 300, 400, 5400, 5500, 5600, 5700, 5800]
    assert len(phases(train)) == 2
    assert len(phases(train, silence=5001)) == 1


def test_odd_trains() -> None:
    assert len(phases([])) == 0
    assert phases([]).silences.tolist() == []
    assert np.isnan(phases([]).active_share(0))
    assert len(phases([1.0])) == 0
    single = phases([7.0], fewest=1)
    assert single.durations.tolist() == [0.0]
    assert np.isnan(single.rates).all()
    assert len(phases(np.arange(0, 100_000, 100))) == 1, "a train that never pauses is one phase"
