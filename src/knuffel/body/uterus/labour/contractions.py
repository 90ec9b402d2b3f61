"""Single contractions: when they start, how high and how long they are, and what they add up to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from knuffel.body.contract import Events, Floats, Ints, RandomStreams
from knuffel.body.uterus.labour.equations import contraction_shape
from knuffel.body.uterus.labour.parameters import UterusParameters

__all__ = ["SLOTS", "Draw", "NewContractions", "overlapping_pressure"]

SLOTS = 16
"""Contractions remembered for each subject: more than can overlap at the highest frequency and the longest duration."""

_SPACING, _AMPLITUDE, _DURATION = 0, 1, 2


class Draw(NamedTuple):
    """What chance gives one contraction: the phase until the next, and factors of height and duration."""

    spacing: Floats
    amplitude: Floats
    duration: Floats


class NewContractions:
    """Starts contractions. Draws depend on the subject and the number of the contraction, on nothing else."""

    def __init__(self, parameters: UterusParameters, streams: RandomStreams) -> None:
        self._own = parameters
        self._streams = streams

    def draw(self, subject: Ints, number: Ints, rows: Ints | None = None) -> Draw:
        """Return the draws of contraction ``number`` of each ``subject``; ``rows`` are their places in the run."""
        draws = np.arange(3)[:, np.newaxis]
        normal = self._streams("contraction").normal(number & 0xFFFFFFFF, draw=draws, subject=subject)
        own = self._own

        def numbers(value: Any) -> Any:
            return value[rows] if rows is not None and np.ndim(value) else value

        return Draw(
            np.maximum(1 + numbers(own.spacing_sd) * normal[_SPACING], numbers(own.spacing_minimum)),
            np.exp(numbers(own.amplitude_sd) * normal[_AMPLITUDE]),
            np.exp(numbers(own.duration_sd) * normal[_DURATION]) * numbers(own.contraction_duration),
        )

    def start(self, state: Any, progress: Floats, height: Floats, t: int, dt: int) -> Events:
        """Advance the phase by ``progress`` and start every contraction that comes due in [t, t + dt).

        The moment and the typical height inside the interval are interpolated; ``height`` is that at its start. More
        than one contraction can start in one interval. Changes the phase, the count and the slots of ``state``.
        """
        before = state.phase.copy()
        state.phase += progress
        rows = np.flatnonzero(state.phase >= state.spacing)
        if len(rows) == 0:
            return Events.none(("amplitude", "duration"))
        found: list[tuple[Ints, ...]] = []
        sizes: list[tuple[Floats, Floats]] = []
        while len(rows):
            share = np.clip((state.spacing[rows] - before[rows]) / progress[rows], 0, 1)
            moment = t + np.minimum(np.rint(share * dt).astype(np.int64), dt - 1)
            typical = height[rows] + share * (state.height[rows] - height[rows])
            number = state.count[rows]
            chance = self.draw(state.subject[rows], number + 1, rows)
            slot = number % SLOTS
            state.begin[rows, slot] = moment
            state.amplitude[rows, slot] = typical * chance.amplitude
            state.duration[rows, slot] = chance.duration
            found.append((moment, rows, number))
            sizes.append((state.amplitude[rows, slot], chance.duration))
            state.phase[rows] -= state.spacing[rows]
            before[rows] -= state.spacing[rows]
            state.spacing[rows] = chance.spacing
            state.count[rows] += 1
            rows = rows[state.phase[rows] >= state.spacing[rows]]
        time, subject, index = (np.concatenate(column) for column in zip(*found, strict=True))
        amplitude, duration = (np.concatenate(column) for column in zip(*sizes, strict=True))
        order = np.lexsort((index, time, subject))
        values = {"amplitude": amplitude[order], "duration": duration[order]}
        return Events(time[order], subject[order].astype(np.int64), index[order], values)


def overlapping_pressure(begin: Ints, amplitude: Floats, duration: Floats, t: int, rise_share: Any) -> Floats:
    """Return the sum (mmHg, shape (subject,)) at ``t`` ms of the contractions in the slots (subject, slot)."""
    place = (t - begin) / (1000 * duration)
    going = (place > 0) & (place < 1) & (amplitude > 0)
    pressure = np.zeros_like(amplitude)
    if going.any():
        share = np.broadcast_to(np.reshape(rise_share, (-1, 1)), place.shape)
        pressure[going] = amplitude[going] * contraction_shape(place[going], share[going])
    total: Floats = pressure.sum(axis=1)
    return total
