"""The controls among the neurons: Poisson cells and recorded spikes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.analysis import spikes
from knuffel.body.contract import Component, Events, Inputs
from knuffel.body.neurons.poisson import PoissonCells, equations, kernel
from knuffel.body.neurons.replay import RecordedSpikes, ReplayedCells
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import levels, numbers, subjects

STREAMS = Streams(1, "neurons")
SECOND = 1000


def poisson(cells: int = 100, **changes: Any) -> PoissonCells:
    return PoissonCells(numbers(PoissonCells.Parameters, "poisson", **changes), PoissonCells.Settings(cells=cells))


def recording(times: list[int], cells: list[int], duration: int) -> RecordedSpikes:
    return RecordedSpikes(np.array(times, dtype=np.int64), np.array(cells, dtype=np.int64), duration)


def replay(repeat: bool = False) -> ReplayedCells:
    held = recording([0, 400, 400, 1500], [0, 0, 1, 1], 2500)
    return ReplayedCells(None, ReplayedCells.Settings(cells=2, recording=held, repeat=repeat))


def gains(count: int = 1, excitation: Any = 1, inhibition: Any = 1, opioids: Any = 0) -> Inputs:
    given = {"excitation_gain": excitation, "inhibition_gain": inhibition}
    stimuli = {f"stimuli__{name}": value for name, value in given.items()}
    return Inputs(levels(count, modulators__mu_opioid_occupancy=opioids, **stimuli))


def run(part: Component, times: list[int], count: int = 1, inputs: Inputs | None = None) -> list[Events]:
    """Return the spikes of each piece between two boundaries."""
    given = inputs or gains(count)
    state, _ = part.init(subjects(count), given, STREAMS)
    return [part.advance(state, given, a, b - a, STREAMS)["neurons.spike"] for a, b in pairwise(times)]


def train(events: list[Events]) -> list[tuple[int, int, int]]:
    return sorted((int(t), int(s), int(i)) for e in events for t, s, i in zip(e.time, e.subject, e.index, strict=True))


def moved(loop: Any) -> tuple[Any, Any]:
    """Move 3 x 5 cells over 600 ms with a loop, from a time that is no multiple of four."""
    limit = equations.chance(np.linspace(1, 120, 15).reshape(3, 5), 3) * 2.0**32
    since, found = np.full((3, 5), 3, dtype=np.int64), np.empty(10_000, dtype=np.int64)
    keys = tuple(np.uint64(word) for word in STREAMS("spikes").key)
    index, dead = np.array([0, 7, -2], dtype=np.int64), np.full(3, 3, dtype=np.int64)
    number = loop(-2 + 1001, 600, *keys, 5, index, limit, dead, since, found)
    return found[:number], since


def test_the_compiled_loop_gives_the_bits_of_its_twin() -> None:
    (plain, plain_since), (compiled, compiled_since) = moved(equations.advance_cells), moved(kernel.advance_cells)
    assert np.array_equal(plain, compiled) and np.array_equal(plain_since, compiled_since)
    assert len(plain) > 100


@pytest.mark.parametrize(("rate", "dead_time"), [(1.8, 2.0), (40.0, 10.0), (1.8, 0.0)])
def test_poisson_cells_fire_at_their_rate_without_memory(rate: float, dead_time: float) -> None:
    seconds, cells = 2000, 20
    events = run(poisson(cells, poisson_rate=rate, dead_time=dead_time), list(range(0, seconds * SECOND + 1, 10_000)))
    time, cell = (np.concatenate([getattr(item, name) for item in events]) for name in ("time", "index"))
    found = spikes.statistics(time, cell, duration=seconds * SECOND, cell_count=cells)
    assert found.rate == pytest.approx(rate, rel=4 / np.sqrt(found.spikes))
    dead, mean = max(dead_time, 1), 1000 / rate
    assert spikes.intervals(time, cell).min() >= dead
    # A geometric number of ms after the dead time.
    free = mean - (dead - 1)
    assert found.interval_cv == pytest.approx(np.sqrt(free**2 - free) / mean, rel=0.02)
    flat = found.hazard[int(dead // 5) + 1 : int(mean // 5)]
    early, late = (half.mean() for half in np.array_split(flat, 2))
    assert [early, late] == pytest.approx(2 * [1 - (1 - 1 / free) ** 5], rel=0.03)  # four standard errors


def test_excitation_multiplies_the_rate_opioids_lower_it_and_inhibition_does_nothing() -> None:
    times = list(range(0, 200_001, 10_000))
    inputs = (gains(), gains(1, 3), gains(1, 1, 9), gains(1, opioids=0.5))
    counts = [len(train(run(poisson(50, mu_opioid_inhibition=0.7), times, inputs=item))) for item in inputs]
    assert counts[3] == pytest.approx(0.65 * counts[0], rel=0.03)
    assert counts[1] == pytest.approx(3 * counts[0], rel=0.03)
    assert counts[2] == counts[0]
    assert train(run(poisson(), times, inputs=gains(1, -1))) == []


def test_the_split_of_time_and_the_piece_of_the_loop_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(run(poisson(7), [0, 9001], 2))
    assert train(run(poisson(7), [0, 1, 3, 4002, 9001], 2)) == whole
    monkeypatch.setattr("knuffel.body.neurons.poisson.component._MOST_DRAWS", 100)
    assert train(run(poisson(7), [0, 9001], 2)) == whole


def test_a_rate_beyond_the_dead_time_is_said() -> None:
    assert poisson().notices() == []
    assert [notice.code for notice in poisson(poisson_rate=200.0, dead_time=10.0).notices()] == ["poisson_rate"]
    (events,) = run(poisson(1, poisson_rate=200.0, dead_time=10.0), [0, SECOND])
    assert len(events.time) == 100


def test_a_recording_is_played_once_or_again_and_before_the_start() -> None:
    once = [(0, 0), (400, 0), (400, 1), (1500, 1)]
    times = [-5000, -3000, 0, 300, 2000, 7500]
    assert [(t, i) for t, _, i in train(run(replay(), times))] == once
    again = [(t + turn * 2500, i) for turn in range(-2, 3) for t, i in once]
    assert [(t, i) for t, _, i in train(run(replay(repeat=True), times))] == again


def test_every_subject_gets_the_recorded_spikes_and_stimuli_do_not_reach_them() -> None:
    spike = train(run(replay(), [0, 3000], 3, gains(3, 100, 0)))
    assert {(s, t, i) for t, s, i in spike} == {
        (s, t, i) for s in range(3) for t, i in ((0, 0), (400, 0), (400, 1), (1500, 1))
    }


def test_the_rate_is_the_mean_over_the_recorded_cells() -> None:
    part = replay()
    state, _ = part.init(subjects(2), gains(2), STREAMS)
    rate = part.advance(state, gains(2), 0, SECOND, STREAMS)["neurons.firing_rate"]
    assert np.asarray(rate).tolist() == [1.5, 1.5]  # three spikes of two cells
    assert state.played.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("times", "cells", "duration"), [([2, 1], [0, 0], 9), ([1, 9], [0, 0], 9), ([-1], [0], 9), ([1], [], 9)]
)
def test_spikes_that_are_no_recording_are_refused(times: list[int], cells: list[int], duration: int) -> None:
    with pytest.raises(ParameterError, match="recorded spikes"):
        recording(times, cells, duration)


def test_a_cell_too_many_is_refused() -> None:
    with pytest.raises(ParameterError, match="1 cells"):
        ReplayedCells.Settings(cells=1, recording=recording([1], [1], 9))


def test_an_empty_recording_is_silence() -> None:
    held = ReplayedCells.Settings(cells=1, recording=recording([], [], 0), repeat=True)
    assert train(run(ReplayedCells(None, held), [0, SECOND])) == []
