"""Bursts of cells and networks: trains with known answers, laws that hold for all trains, bad input."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.analysis.bursts import (
    background,
    burst_rows,
    burst_text,
    bursts_of,
    cell_bursts,
    definitions,
    network_bursts,
    profile,
)
from knuffel.errors import DataError, ParameterError

Train = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def joined(*trains: Any) -> Train:
    """Return times and cells of trains, cell by cell."""
    times = [np.asarray(train, dtype=float) for train in trains]
    return np.concatenate(times), np.repeat(np.arange(len(times)), [len(train) for train in times])


def regular(start: float, count: int, interval: float) -> Any:
    return start + interval * np.arange(count)


def bursting(cells: int, starts: list[float], count: int = 40, lag: float = 10.0) -> Train:
    """Cells that fire once a second, and a burst at each start, each cell ``lag`` ms after the one before."""
    trains = []
    for cell in range(cells):
        quiet = np.arange(500.0, 400_000, 1000)
        bursts = [regular(start + lag * cell, count, 25.0) for start in starts]
        near = np.zeros(len(quiet), dtype=bool)
        for start in starts:
            near |= (quiet > start - 2000) & (quiet < start + 12_000)
        trains.append(np.sort(np.concatenate([quiet[~near], *bursts])))
    return joined(*trains)


def test_the_definitions_are_those_of_the_evidence() -> None:
    rules = definitions()
    assert (rules.longest_interval, rules.fewest_spikes, rules.longest_gap) == (100, 20, 5000)
    assert (rules.fewest_share, rules.before, rules.after) == (0.5, 1000, 30_000)


def test_a_burst_is_a_longest_run_of_short_intervals() -> None:
    train = np.concatenate([[0.0], regular(1000, 20, 50.0), [2050.0, 9050.0]])
    found = cell_bursts(*joined(train), 1)
    assert (found.start.tolist(), found.end.tolist(), found.spikes.tolist()) == ([1000], [1950], [20])
    # A spike exactly 100 ms later is no longer part of it; a stray one does not end the silence.
    assert found.silence.tolist() == [7000]
    assert found.duration.tolist() == [950]
    assert found.peak_rate.tolist() == [20]
    assert len(cell_bursts(*joined(regular(0, 19, 50.0)), 1)) == 0


def test_the_last_burst_of_a_cell_has_no_silence_unless_it_fires_again() -> None:
    found = cell_bursts(*joined(regular(0, 30, 20.0), regular(5, 30, 20.0)), 2)
    assert found.cell.tolist() == [0, 1]
    assert np.isnan(found.silence).all()


def test_bursts_that_begin_together_are_one_of_the_network() -> None:
    found = network_bursts(cell_bursts(*bursting(10, [60_000, 200_000]), 10), 10)
    assert found.start.tolist() == [60_000, 200_000]
    assert found.end.tolist() == [60_000 + 90 + 39 * 25, 200_000 + 90 + 39 * 25]
    assert found.intervals.tolist() == [140_000]
    assert found.participation.tolist() == [1, 1]
    assert found.onset_spread == pytest.approx([81, 81])
    assert found.spikes.tolist() == [40, 40]
    assert found.peak_rate.tolist() == [40, 40]
    assert found.silence == pytest.approx([11_480, 11_480], abs=100)


def test_fewer_than_half_of_the_cells_are_no_network_burst() -> None:
    times, cells = bursting(5, [60_000])
    assert len(network_bursts(cell_bursts(times, cells, 10), 10)) == 1
    assert len(network_bursts(cell_bursts(times, cells, 11), 11)) == 0


def test_a_chain_ends_at_a_gap_of_five_seconds() -> None:
    near, far = (joined(*(regular(start, 30, 20.0) for start in (0.0, gap))) for gap in (4999.0, 5000.0))
    assert len(network_bursts(cell_bursts(*near, 2), 2)) == 1
    assert len(network_bursts(cell_bursts(*far, 2), 2)) == 2


def test_the_background_leaves_out_bursts_and_what_surrounds_them() -> None:
    times, cells = bursting(10, [60_000, 200_000])
    bursts = network_bursts(cell_bursts(times, cells, 10), 10)
    found = background(times, cells, 10, 400_000, bursts)
    assert found.seconds == pytest.approx(400 - 2 * (1 + 30 + 1.065))
    assert found.rate == pytest.approx(1, rel=0.01)
    assert set(found.intervals) == {1000}
    assert found.mode == pytest.approx(1000, abs=6)
    assert background(times, cells, 10, 400_000, network_bursts(cell_bursts([], [], 10), 10)).seconds == 400


def test_bursts_near_each_other_are_not_left_out_twice() -> None:
    times, cells = bursting(4, [60_000, 70_000])
    bursts = network_bursts(cell_bursts(times, cells, 4), 4)
    assert len(bursts) == 2
    assert background(times, cells, 4, 400_000, bursts).seconds == pytest.approx(400 - (1 + 10 + 30 + 1.005))


def test_the_profile_is_aligned_on_the_peak() -> None:
    times, cells = bursting(10, [60_000, 200_000])
    bursts = network_bursts(cell_bursts(times, cells, 10), 10)
    found = profile(times, cells, 10, bursts, width=100)
    assert found.rates.shape == (2, 151)
    assert found.time[int(np.argmax(found.mean))] == pytest.approx(50, abs=900)
    assert found.mean.max() == pytest.approx(40)
    assert (found.quantiles([0.0, 1.0])[0] <= found.mean).all()
    empty = profile([], [], 10, network_bursts(cell_bursts([], [], 10), 10))
    assert np.isnan(empty.mean).all()
    assert np.isnan(empty.quantiles([0.5])).all()


TRAINS = st.lists(st.lists(st.floats(0, 20_000), max_size=120), min_size=1, max_size=4)


@given(TRAINS, st.randoms())
@settings(deadline=None, max_examples=60)
def test_laws_of_all_trains(trains: list[list[float]], chance: Any) -> None:
    times, cells = joined(*trains)
    count = len(trains)
    found = cell_bursts(times, cells, count)
    assert (found.spikes >= 20).all()
    assert (np.diff(found.start) >= 0).all()
    assert found.spikes.sum() <= len(times)
    for place in range(len(found)):
        own = np.sort(times[cells == found.cell[place]])
        inside = own[(own >= found.start[place]) & (own <= found.end[place])]
        assert len(inside) >= found.spikes[place]
        assert np.diff(inside).max() < 100
    order = list(range(len(times)))
    chance.shuffle(order)
    again = cell_bursts(times[order], cells[order], count)
    assert np.array_equal(again.start, found.start)
    bursts = network_bursts(found, count)
    assert ((bursts.participation >= 0.5) & (bursts.participation <= 1)).all()
    quiet = background(times, cells, count, 20_000, bursts)
    assert 0 <= quiet.seconds <= 20


@pytest.mark.parametrize(
    ("times", "cells", "count", "words"),
    [
        ([0.0, np.nan], [0, 0], 1, "found nan at place 1"),
        ([0.0], [0, 1], 2, "two equal rows"),
        ([[0.0]], [[0]], 1, "two equal rows"),
        ([0.0], [1], 1, "found 1 at place 0; allowed: 0 to 0"),
        ([0.0], [-1], 1, "found -1"),
        ([0.0], [0.5], 1, "whole numbers from 0"),
        ([], [], 0, "cell_count: found 0"),
        ([], [], True, "cell_count: found True"),
    ],
)
def test_bad_trains_are_refused(times: Any, cells: Any, count: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        cell_bursts(times, cells, count)


def test_bad_spans_are_refused() -> None:
    none = network_bursts(cell_bursts([], [], 1), 1)
    with pytest.raises(ParameterError, match="duration: found 0"):
        background([], [], 1, 0, none)
    with pytest.raises(ParameterError, match="before: found -1"):
        profile([], [], 1, none, before=-1)
    with pytest.raises(ParameterError, match="width: found 6000"):
        profile([], [], 1, none, width=6000)


def test_a_run_becomes_rows_and_a_table() -> None:
    times, cells = bursting(10, [60_000, 200_000])
    columns = {"time": times, "subject": np.zeros(len(times), dtype=int), "index": cells}
    variables = {f"neurons.spike.{name}": SimpleNamespace(data=column) for name, column in columns.items()}
    run: Any = SimpleNamespace(variables=variables, attributes={"cells": 10})
    rows = burst_rows(bursts_of(run))
    assert [row["interval_s"] for row in rows] == [None, 140]
    assert "participation" in burst_text(bursts_of(run))
    assert burst_text(bursts_of(run, subject=1)) == "no bursts of the network"
    with pytest.raises(DataError, match="no spikes"):
        bursts_of(SimpleNamespace(variables={}, attributes={}))  # type: ignore[arg-type]
