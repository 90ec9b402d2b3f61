"""Results in memory: arrays in place, views of one column for what never changes, open ends."""

from __future__ import annotations

import numpy as np
import pytest

from knuffel.engine.store import MemorySink, Variable

ROWS, LENGTH, BLOCK = 1000, 1000, 100


def stored(values, *, length=LENGTH):
    """Return what the sink makes of an array (subject, time) that comes in blocks."""
    sink = MemorySink()
    sink.create(Variable("x", ("subject", "time"), "1", "x", None), (len(values), length), BLOCK, "float64")
    for start in range(0, values.shape[1], BLOCK):
        sink.write("x", start, values[:, start : start + BLOCK])
    return sink.finish({}, {}).variables["x"].data


@pytest.mark.parametrize("change", [None, 0, 1, 99, 100, 555, 999])
def test_what_changes_late_is_kept_whole(change):
    values = np.repeat(np.arange(ROWS, dtype=float)[:, None], LENGTH, axis=1)
    if change is not None:
        values[3, change:] += 1
    found = stored(values)
    assert np.array_equal(found, values)
    still = change in (None, 0)
    assert (found.strides[1] == 0) == still


def test_a_value_that_does_not_exist_counts_as_a_change():
    values = np.full((ROWS, LENGTH), 2.0)
    values[:, 0] = np.nan
    found = stored(values)
    assert np.array_equal(found, values, equal_nan=True)
    assert found.strides[1] != 0


def test_small_arrays_can_be_written_and_ends_are_cut():
    values = np.ones((2, 150))
    found = stored(values, length=200)
    assert found.shape == (2, 150)
    found[0, 0] = 5


def test_open_ends_are_joined():
    sink = MemorySink()
    sink.create(Variable("e", ("e",), "ms", "e", None), (None,), BLOCK, "int64")
    assert sink.finish({}, {}).variables["e"].data.shape == (0,)
    sink.write("e", 0, np.arange(3))
    sink.write("e", 3, np.arange(3, 5))
    found = sink.finish({}, {}).variables["e"].data
    assert found.tolist() == [0, 1, 2, 3, 4]
    assert found.dtype == np.int64
