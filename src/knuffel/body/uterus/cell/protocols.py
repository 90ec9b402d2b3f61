"""What is done to uterine cells: a current, a receptor effect of oxytocin, or a clamped potential; and what is seen.

The first axis is the cell. Parameters, amplitudes and effects may differ between the cells of a batch; times are
shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, inf
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.threads import in_pieces
from knuffel.body.uterus.cell import layout
from knuffel.body.uterus.cell.parameters import UterineCellParameters, packed
from knuffel.errors import Notice, NumericalError, ParameterError

__all__ = ["CellTrace", "Course", "Step", "current_clamp", "starting_state"]

Floats = npt.NDArray[np.float64]

TOLERANCE, ABSOLUTE = 1e-8, 1e-10
"""Relative tolerance, and absolute tolerance of V (mV), gates and store; that of calcium (mM) is a thousandth of it."""
_CALCIUM_SCALE = 1e-3
_MOST_SPIKES = 1024
_MOST_TRIALS = 10_000_000
_WORK = 100_000  # steps of an integrate-and-fire cell that one run is worth, about
_STRONG = 2


@dataclass(frozen=True)
class Step:
    """A current of ``amplitude`` pA/pF (negative depolarises; a number or (cell,)) from ``onset`` for ``duration`` ms.

    With ``interval`` (ms) it comes again whenever t modulo (interval + duration) is below ``duration``. As in the
    published code the modulus counts from t = 0, not from ``onset``: 10 s with 46.5 s between them start again at
    56 500 ms. Nothing flows before ``onset``.
    """

    amplitude: Any
    onset: float = 1000.0
    duration: float = 10_000.0
    interval: float | None = None

    def __post_init__(self) -> None:
        if not np.isfinite(np.asarray(self.amplitude, dtype=np.float64)).all():
            raise ParameterError(f"the amplitude of the current is {self.amplitude}; it has to be finite (pA/pF)")
        if not (0 < self.duration < inf and 0 <= self.onset < inf):
            raise ParameterError(
                f"the current starts at {self.onset} ms and lasts {self.duration} ms; it has to last some time"
            )
        if self.interval is not None and not 0 < self.interval < inf:
            raise ParameterError(f"the interval between currents is {self.interval} ms; it has to be above 0")

    def pulses(self, end: float) -> list[tuple[float, float]]:
        """Return start and end (ms) of every pulse that starts before ``end``."""
        found = [(self.onset, self.onset + self.duration)]
        if self.interval is not None:
            period = self.interval + self.duration
            found += [(k * period, k * period + self.duration) for k in range(1, floor(end / period) + 1)]
        return [(begin, stop) for begin, stop in found if self.onset <= begin < end]


@dataclass(frozen=True)
class Course:
    """The receptor effect G (0 to 1) from each of ``times`` (ms, ascending from 0) on: (time,) or (cell, time)."""

    times: Any
    values: Any

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=np.float64)
        if not (
            times.ndim == 1 and len(times) and times[0] == 0 and np.isfinite(times).all() and (np.diff(times) > 0).all()
        ):
            raise ParameterError("the times of a course of the receptor effect ascend from 0 ms")
        if np.shape(self.values)[-1:] != times.shape:
            raise ParameterError("a course of the receptor effect has one value for each of its times")


@dataclass(frozen=True)
class CellTrace:
    """``time`` (sample,) in ms and ``states`` (cell, sample, `layout.STATES`) in the order of `layout.STATE_NAMES`.

    ``spikes`` are the upward crossings of the spike potential (ms) of each cell. Extremes are found between the samples
    too, each (cell,): ``potential_max``, ``potential_min`` (mV), ``calcium_max`` (mM), ``force_max`` (uN), with the
    time of the last two (ms). ``steps`` (cell,) counts accepted steps of the integration; ``notices`` warn of unusual
    input.
    """

    time: Floats
    states: Floats
    force: Floats
    spikes: tuple[Floats, ...]
    potential_max: Floats
    potential_min: Floats
    calcium_max: Floats
    calcium_max_time: Floats
    force_max: Floats
    force_max_time: Floats
    steps: npt.NDArray[np.int64]
    notices: tuple[Notice, ...] = ()

    @property
    def potential(self) -> Floats:
        """Membrane potential, (cell, sample), mV."""
        return self.states[:, :, layout.V]

    @property
    def calcium(self) -> Floats:
        """Free calcium of the cytosol, (cell, sample), mM."""
        return self.states[:, :, layout.CA]

    def force_area(self, begin: float, end: float) -> Floats:
        """Return the integral of force (uN s) of each cell from ``begin`` to ``end`` (ms), by the samples inside."""
        inside = (self.time >= begin) & (self.time <= end)
        return np.asarray(np.trapezoid(self.force[:, inside], self.time[inside], axis=1) / 1000)


def starting_state(parameters: UterineCellParameters, messenger: Any = 0) -> Floats:
    """Return the published starting state, (cell, `layout.STATES`), with a full store and ``messenger`` (0 to 1)."""
    messenger = np.atleast_1d(np.asarray(messenger, dtype=np.float64))
    state = np.zeros((len(messenger), layout.STATES))
    state[:, : layout.MESSENGER] = parameters.start
    state[:, layout.MESSENGER], state[:, layout.STORE] = messenger, 1
    return state


def current_clamp(
    parameters: UterineCellParameters,
    step: Step | None,
    end: float,
    *,
    effect: Any = 0,
    messenger: Any = None,
    sample: float = 100.0,
    start: npt.ArrayLike | None = None,
    rtol: float = TOLERANCE,
    atol: float = ABSOLUTE,
) -> CellTrace:
    """Return what cells do from 0 to ``end`` ms under a ``step`` of current (None: none) and oxytocin.

    ``effect`` is the receptor effect G: a number, (cell,), or a `Course`. The messenger starts at G(0) unless
    ``messenger`` says otherwise. ``sample`` is the distance of samples (ms); the integrator ends a step at each, and
    at every edge. ``start`` replaces the published starting state, (`layout.STATES`,) or (cell, `layout.STATES`).
    Raises `ParameterError` for input that cannot be, `NumericalError` with state, cell and time when the integration
    fails.
    """
    from knuffel.body.uterus.cell.kernel import MEASURES, integrate

    _check_run(end, sample, rtol, atol)
    course = effect if isinstance(effect, Course) else Course([0], np.asarray(effect, dtype=np.float64)[..., None])
    amplitude = np.zeros(1) if step is None else np.atleast_1d(np.asarray(step.amplitude, dtype=np.float64))
    values = np.atleast_2d(np.asarray(course.values, dtype=np.float64))
    if not ((values >= 0) & (values <= 1)).all():
        raise ParameterError("the receptor effect G has to be from 0 to 1")
    given, amplitude, values, state = _batch(parameters, amplitude, values, messenger, start)
    samples = np.arange(0, end, sample)
    samples = np.append(samples[samples < end], end)  # rounding may have put one of them at or beyond the end
    pulses = step.pulses(end) if step else []
    edges = [edge for pulse in pulses for edge in pulse]
    times = np.unique(np.concatenate([samples, [t for t in (*edges, *course.times) if t < end]]))
    kinds = np.where(np.isin(times, samples), np.searchsorted(samples, times), -1)
    on = np.any([(times >= a) & (times < b) for a, b in pulses] or [np.zeros(len(times), dtype=bool)], axis=0)
    stimuli = amplitude[:, None] * on
    effects = np.ascontiguousarray(values[:, np.searchsorted(np.asarray(course.times), times, side="right") - 1])
    cells = len(given)
    states, spikes = np.empty((cells, len(samples), layout.STATES)), np.zeros((cells, _MOST_SPIKES))
    measures, ended = np.zeros((cells, MEASURES)), np.zeros((cells, 4))
    absolute = np.full(layout.STATES, float(atol))
    absolute[layout.CA] *= _CALCIUM_SCALE

    def run(begin: int, stop: int) -> None:
        part = slice(begin, stop)
        integrate(
            given[part], state[part], times, kinds, stimuli[part], effects[part], float(rtol), absolute, _MOST_TRIALS,
            states[part], spikes[part], measures[part], ended[part],
        )  # fmt: skip

    in_pieces(run, cells, cells * _WORK)
    _check_end(ended)
    force = parameters.largest_force * np.ones(cells), parameters.force_offset * np.ones(cells)
    found = tuple(spikes[cell, : min(int(ended[cell, 2]), _MOST_SPIKES)] for cell in range(cells))
    notices = _notices(amplitude, ended)
    return CellTrace(
        samples,
        states,
        force[0][:, None] * (states[:, :, layout.W] - force[1][:, None]),
        found,
        measures[:, 0].copy(),
        measures[:, 2].copy(),
        measures[:, 4].copy(),
        measures[:, 5].copy(),
        force[0] * (measures[:, 6] - force[1]),
        measures[:, 7].copy(),
        measures[:, 8].astype(np.int64),
        notices,
    )


def _check_run(end: float, sample: float, rtol: float, atol: float) -> None:
    for name, value in (("end", end), ("sample", sample), ("rtol", rtol), ("atol", atol)):
        if not 0 < value < inf:
            raise ParameterError(f"{name} is {value}; it has to be above 0 and finite")


def _batch(
    parameters: UterineCellParameters, amplitude: Floats, values: Floats, messenger: Any, start: Any
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return numbers, amplitude, effect and a checked starting state for each cell of the batch."""
    own = starting_state(parameters) if start is None else np.atleast_2d(np.asarray(start, dtype=np.float64))
    first = values[:, 0] if messenger is None else np.atleast_1d(np.asarray(messenger, dtype=np.float64))
    try:
        (cells,) = np.broadcast_shapes(amplitude.shape, (len(values),), (len(own),), first.shape)
        given = packed(parameters, cells)
        cells = len(given)
        state = np.broadcast_to(own, (cells, layout.STATES)).copy()
        if start is None:
            state[:, layout.MESSENGER] = first
        amplitude = np.broadcast_to(amplitude, (cells,))
        values = np.broadcast_to(values, (cells, values.shape[1]))
    except ValueError as error:
        raise ParameterError("the cells of a batch have one value for all, or one for each") from error
    if not np.isfinite(state).all():
        raise ParameterError("the starting state is not finite")
    if not (state[:, layout.CA] > 0).all():
        raise ParameterError("calcium at the start has to be above 0 mM")
    return given, amplitude, values, state


def _notices(amplitude: Floats, ended: Floats) -> tuple[Notice, ...]:
    found = []
    if (np.abs(amplitude) > _STRONG).any():
        found.append(Notice("strong_current", "a current beyond 2 pA/pF blocks the cell", "uterus"))
    if (ended[:, 2] > _MOST_SPIKES).any():
        found.append(Notice("many_spikes", f"only the first {_MOST_SPIKES} spikes of a cell are listed", "uterus"))
    return tuple(found)


def _check_end(ended: Floats) -> None:
    from knuffel.body.uterus.cell.kernel import STATUS

    failed = np.flatnonzero(ended[:, 0])
    if len(failed):
        cell = int(failed[0])
        status, time, _, place = ended[cell]
        name = layout.STATE_NAMES[int(place)]
        raise NumericalError(f"uterine cell {cell}, {name} at {time:g} ms: {STATUS[int(status)]}")
