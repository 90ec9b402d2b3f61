"""The tocograph: the pressure trace of an intrauterine catheter, for any window of a run.

    truth    = tone(f) + sum of contraction bells          (what the muscle does; no noise)
    pressure = truth + slow tone noise + drift of the zero + breathing + white noise

The trace is not stored: it is a function of the recorded contractions and of the seed. It is computed in whole blocks
on a fixed grid and then cut to the window, so that a window has the same bits however it is asked for. White noise is
one draw for each grid point. The two slow components are Ornstein-Uhlenbeck processes on a grid of 1/600 of their
correlation time, in blocks of ten correlation times: each block starts from zero one block earlier, whose weight has
decayed to exp(-10) by the time the block begins, and is scaled to unit variance. A block therefore needs the draws of
two blocks and nothing from the start of the run; the jump at a block edge is below a ten-thousandth of the standard
deviation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import RandomStreams, parameter
from knuffel.body.uterus.labour.equations import capped_pressure, contraction_shape, resting_tone
from knuffel.engine.store import Recorded
from knuffel.evidence.resolve import Override, build, numbers, resolve

__all__ = ["Catheter", "Muscle", "Trace", "blocks", "catheter", "muscle", "trace"]

Floats = npt.NDArray[np.float64]

_BLOCK_SECONDS = 600
_STEPS_PER_TIME_CONSTANT = 600
_TIME_CONSTANTS_PER_BLOCK = 10
_GRID_BLOCK = _STEPS_PER_TIME_CONSTANT * _TIME_CONSTANTS_PER_BLOCK
_MAX_ROWS = 64


@dataclass(frozen=True)
class Catheter:
    """What the catheter and its paper add to the pressure."""

    sampling_rate: float = parameter("tocograph.sampling_rate", "Hz", "samples per second")
    tone_noise_sd: float = parameter("tocograph.tone_noise_sd", "mmHg", "slow tone noise, standard deviation")
    tone_noise_time: float = parameter("tocograph.tone_noise_time", "s", "slow tone noise, correlation time")
    noise_sd: float = parameter("tocograph.noise_sd", "mmHg", "white noise, standard deviation")
    respiration_amplitude: float = parameter("tocograph.respiration_amplitude", "mmHg", "breathing, amplitude")
    respiration_frequency: float = parameter("tocograph.respiration_frequency", "Hz", "breathing, frequency")
    drift_sd: float = parameter("tocograph.drift_sd", "mmHg", "drift of the zero, standard deviation")
    drift_time: float = parameter("tocograph.drift_time", "s", "drift of the zero, correlation time")


@dataclass(frozen=True)
class Muscle:
    """What the trace needs to know about the uterus that made the contractions."""

    rise_share: float = parameter("uterus.rise_share", "1", "share of a contraction that is rise")
    resting_tone: float = parameter("uterus.resting_tone", "mmHg", "pressure between contractions")
    tone_slope: float = parameter("uterus.tone_slope", "mmHg*min", "rise of the tone with the frequency")
    tone_threshold: float = parameter("uterus.tone_threshold", "1/min", "frequency above which the tone rises")
    maximum_pressure: float = parameter("uterus.maximum_pressure", "mmHg", "highest pressure")


@lru_cache(maxsize=1)
def catheter() -> Catheter:
    """Return the catheter of the evidence files."""
    return numbers(Catheter)


def muscle(recorded: Recorded) -> Muscle:
    """Return the numbers that the run used, or those of the evidence files when its contractions were prescribed."""
    wanted = [item.metadata["id"] for item in fields(Muscle)]
    used = {
        item["id"]: Override(float(item["value"]), str(item["unit"]), "the run")
        for item in recorded.attributes.get("parameters", ())
        if item["id"] in wanted
    }
    resolved, _ = resolve(wanted, (), used)
    built: Muscle = build(Muscle, resolved)
    return built


@dataclass(frozen=True)
class Trace:
    """A window of the trace: time in s after the start, the rest in mmHg, all of shape (sample,).

    ``pressure`` is what the paper shows, ``truth`` the pressure without noise, ``tone`` its part between contractions.
    """

    time: Floats
    pressure: Floats
    truth: Floats
    tone: Floats


def trace(recorded: Recorded, streams: RandomStreams, start: int, end: int, *, subject: int = 0) -> Trace:
    """Return the trace of the subject in row ``subject`` in the window [start, end), both in ms.

    ``streams`` are those of the room ``observe``. Grid points are multiples of the sampling interval from time zero.
    Raises ValueError when the window is empty, starts before zero, or no uterus was recorded.
    """
    pieces = list(blocks(recorded, streams, start, end, subject=subject))
    return Trace(*(np.concatenate([getattr(piece, item.name) for piece in pieces]) for item in fields(Trace)))


def blocks(recorded: Recorded, streams: RandomStreams, start: int, end: int, *, subject: int = 0) -> Iterator[Trace]:
    """Yield the same trace in pieces of at most ten minutes, so that a long window needs little memory."""
    if not 0 <= start < end:
        raise ValueError(f"a window of the trace needs 0 <= start < end, found {start} and {end} ms")
    for name in ("uterus.contraction.time", "uterus.contraction_frequency"):
        if name not in recorded.variables:
            raise ValueError(f"a trace needs {name}, which was not recorded in this run")
    paper = _Paper(recorded, streams, subject)
    rate = paper.catheter.sampling_rate
    first, last = math.ceil(start * rate / 1000), math.ceil(end * rate / 1000)
    size = int(_BLOCK_SECONDS * rate)
    if first == last:
        raise ValueError(f"the window from {start} to {end} ms holds no sample of the trace")
    for block in range(first // size, (last - 1) // size + 1):
        whole = paper.block(block, size)
        cut = slice(max(first - block * size, 0), min(last - block * size, size))
        yield Trace(*(getattr(whole, item.name)[cut] for item in fields(Trace)))


class _Paper:
    """The events, tone and noise of one subject, ready to be drawn block by block."""

    def __init__(self, recorded: Recorded, streams: RandomStreams, subject: int) -> None:
        self.catheter = catheter()
        self.streams = streams
        self.person = int(recorded.attributes.get("subject_index", range(subject + 1))[subject])
        columns = {
            name: np.asarray(recorded.variables[f"uterus.contraction.{name}"].data[...])
            for name in ("time", "subject", "amplitude", "duration")
        }
        mine = columns["subject"] == subject
        self.begin = columns["time"][mine] / 1000
        self.amplitude, self.duration = columns["amplitude"][mine], columns["duration"][mine]
        self.longest = float(self.duration.max(initial=0))
        self.tone_time = np.asarray(recorded.variables["time"].data[...]) / 1000
        self.muscle = own = muscle(recorded)
        frequency = np.asarray(recorded.variables["uterus.contraction_frequency"].data[subject])
        self.tone = np.asarray(resting_tone(frequency, own.resting_tone, own.tone_slope, own.tone_threshold))
        self._slow: dict[tuple[str, int], Floats] = {}

    def block(self, block: int, size: int) -> Trace:
        """Return all samples of one block."""
        made, index = self.catheter, block * size + np.arange(size)
        time = index / made.sampling_rate
        tone = np.interp(time, self.tone_time, self.tone)
        truth = np.asarray(capped_pressure(self._bells(time), tone, self.muscle.maximum_pressure))
        breath = self.streams("tocograph respiration").uniform(0, subject=self.person)
        phase = np.mod(made.respiration_frequency * time + breath, 1)
        white = self.streams("tocograph noise").normal(index & 0xFFFFFFFF, subject=self.person)
        pressure = (
            truth
            + made.tone_noise_sd * self._wander("tocograph tone", made.tone_noise_time, time)
            + made.drift_sd * self._wander("tocograph drift", made.drift_time, time)
            + made.respiration_amplitude * np.sin(2 * math.pi * phase)
            + made.noise_sd * white
        )
        return Trace(time, pressure, truth, tone)

    def _bells(self, time: Floats) -> Floats:
        """Return the sum of the contractions that touch the block (times are sorted within a subject)."""
        low = int(np.searchsorted(self.begin, time[0] - self.longest))
        high = int(np.searchsorted(self.begin, time[-1], side="right"))
        total = np.zeros_like(time)
        for place in range(low, high, _MAX_ROWS):
            rows = slice(place, min(place + _MAX_ROWS, high))
            u = (time[np.newaxis, :] - self.begin[rows, np.newaxis]) / self.duration[rows, np.newaxis]
            total += (self.amplitude[rows, np.newaxis] * contraction_shape(u, self.muscle.rise_share)).sum(axis=0)
        return total

    def _wander(self, purpose: str, time_constant: float, time: Floats) -> Floats:
        """Return an Ornstein-Uhlenbeck process of unit variance at ``time``, linear between its grid points."""
        step = time_constant / _STEPS_PER_TIME_CONSTANT
        first = math.floor(time[0] / (step * _GRID_BLOCK))
        last = math.floor((time[-1] + step) / (step * _GRID_BLOCK)) + 1
        values = np.concatenate([self._wander_block(purpose, block) for block in range(first, last + 1)])
        grid = first * _GRID_BLOCK + np.arange(len(values))
        return np.asarray(np.interp(time, grid * step, values))

    def _wander_block(self, purpose: str, block: int) -> Floats:
        if (purpose, block) not in self._slow:
            index = (block - 1) * _GRID_BLOCK + np.arange(2 * _GRID_BLOCK)
            draws = self.streams(purpose).normal(index & 0xFFFFFFFF, subject=self.person)
            growth = np.exp(np.arange(2 * _GRID_BLOCK) / _STEPS_PER_TIME_CONSTANT)
            scale = math.sqrt(1 - math.exp(-2 / _STEPS_PER_TIME_CONSTANT))
            values = scale * np.cumsum(draws * growth) / growth
            self._slow = {key: value for key, value in self._slow.items() if key[1] >= block - 2 or key[0] != purpose}
            self._slow[purpose, block] = values[_GRID_BLOCK:]
        return self._slow[purpose, block]
