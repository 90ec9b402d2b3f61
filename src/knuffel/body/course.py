"""Many steps of a linear system in one loop: what its compartments hold at a row of times, without an engine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from knuffel.body.contract import Floats
from knuffel.body.linear import LinearSystem

__all__ = ["course", "merged"]

Indices = npt.NDArray[np.int64]


def course(
    system: LinearSystem, start: Floats, edges: npt.NDArray[np.int64], given: Floats, rates: Floats, compartment: int
) -> Floats:
    """Return what one compartment holds at each of ``edges`` (ascending whole ms), array (subject, edge).

    ``start`` (subject, compartment) is held at the first edge, before anything is given; ``given`` (row, edge,
    compartment) enters at each edge, after which the value at the edge is taken; ``rates`` (row, interval, supplied)
    per second hold between edges. They have one row for each subject, or one for all. Every number is that of
    `LinearSystem.move` with the same intervals.
    """
    lengths = edges[1:] - edges[:-1]
    distinct, which = _distinct(lengths)
    if not len(distinct):
        return np.ascontiguousarray(start[:, compartment : compartment + 1] + given[:, 0, compartment, np.newaxis])
    steps = np.stack([system.step(int(length)) for length in distinct])
    supplies = np.ascontiguousarray(rates * (lengths / 1000)[:, np.newaxis])
    found = np.empty((len(start), len(edges)))
    _course(steps, which, np.ascontiguousarray(start), given, supplies, compartment, found)
    return found


@njit(cache=True, nogil=True)
def merged(wanted: Indices, moments: Indices) -> tuple[Indices, Indices]:
    """Return both ascending rows of times as one without repetition, and where the first one stands in it."""
    edges, places = np.empty(len(wanted) + len(moments), np.int64), np.empty(len(wanted), np.int64)
    count = other = 0
    for place in range(len(wanted)):
        time = wanted[place]
        while other < len(moments) and moments[other] < time:
            if count == 0 or edges[count - 1] != moments[other]:
                edges[count] = moments[other]
                count += 1
            other += 1
        edges[count] = time
        places[place] = count
        count += 1
        while other < len(moments) and moments[other] == time:
            other += 1
    return edges[:count], places


@njit(cache=True, nogil=True)
def _distinct(lengths: Indices) -> tuple[Indices, Indices]:
    """Return the different values in the order of their first place, and which of them stands at each place."""
    values, which = np.empty_like(lengths), np.empty_like(lengths)
    count = 0
    for place in range(len(lengths)):
        found = 0
        while found < count and values[found] != lengths[place]:
            found += 1
        if found == count:
            values[count] = lengths[place]
            count += 1
        which[place] = found
    return values[:count], which


@njit(cache=True, nogil=True, error_model="numpy")
def _course(
    steps: Floats, which: Indices, start: Floats, given: Floats, supplies: Floats, compartment: int, found: Floats
) -> None:
    held, sources = start.shape[1], steps.shape[3]
    supplied = supplies.shape[2]
    many, apart, own = steps.shape[1] > 1, given.shape[0] > 1, supplies.shape[0] > 1
    now, later = np.empty(held), np.empty(held)
    for subject in range(start.shape[0]):
        row, dosed, infused = subject if many else 0, subject if apart else 0, subject if own else 0
        for target in range(held):
            now[target] = start[subject, target] + given[dosed, 0, target]
        found[subject, 0] = now[compartment]
        for place in range(len(which)):
            step = steps[which[place], row]
            for target in range(held):
                total = 0.0
                for source in range(held):
                    total += step[target, source] * now[source]
                for source in range(supplied):
                    total += step[target, sources - supplied + source] * supplies[infused, place, source]
                later[target] = total + given[dosed, place + 1, target]
            for target in range(held):
                now[target] = later[target]
            found[subject, place + 1] = now[compartment]
