"""Pulses as rectangles of secretion: what flows within one interval, and what goes on after it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from knuffel.body.contract import Events, Floats, Ints

__all__ = ["Secretion", "Slots"]


class Slots(Protocol):
    """What a state has to hold: ``subject`` (subject,), and when (ms) and with what rate (pg/s) its pulses end."""

    subject: Ints
    ends: Ints
    rates: Floats


class Secretion:
    """The secretion of one interval, from ``t`` over ``dt`` ms; ``integral`` (subject,) in pg.

    Pulses of which the end lies beyond the interval stay in the slots of the state.
    """

    def __init__(self, state: Slots, duration: Any, t: int, dt: int) -> None:
        self._state, self._end = state, t + dt
        span = np.rint(np.asarray(duration) * 1000).astype(np.int64)
        self._span: Ints = np.broadcast_to(span, state.subject.shape)
        lasting = np.clip(state.ends - t, 0, dt) / 1000
        self.integral: Floats = (state.rates * lasting).sum(axis=1)
        self._found: list[tuple[Any, ...]] = []

    def begin(self, rows: Ints, times: Ints, mass: Floats, number: Ints) -> None:
        """Let one pulse begin in each of the ``rows``, at ``times`` inside the interval, of ``mass`` pg."""
        some = mass > 0
        rows, times, mass, number = rows[some], times[some], mass[some], number[some]
        if not len(rows):
            return
        state, span = self._state, self._span[rows]
        rate = mass * 1000 / span
        self.integral[rows] += rate * (np.minimum(times + span, self._end) - times) / 1000
        lasts = times + span > self._end
        staying = rows[lasts]
        # The pulse that ended first has ended for good: more than there are slots cannot overlap.
        slot = np.argmin(state.ends[staying], axis=1)
        state.ends[staying, slot], state.rates[staying, slot] = (times + span)[lasts], rate[lasts]
        self._found.append((times, rows, number, mass, span / 1000))

    def events(self) -> Events:
        """Return the pulses that began, by subject and time."""
        if not self._found:
            return Events.none(("mass", "duration"))
        time, subject, index, mass, duration = (np.concatenate(column) for column in zip(*self._found, strict=True))
        order = np.lexsort((index, time, subject))
        values = {"mass": mass[order], "duration": duration[order]}
        return Events(time[order], subject[order].astype(np.int64), index[order].astype(np.int64), values)
