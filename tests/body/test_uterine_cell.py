"""The uterine muscle cell: its solver against others, batches, protocols, and input that cannot be."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import solve_ivp

from knuffel.body.uterus.cell import equations, gates, layout
from knuffel.body.uterus.cell.kernel import slopes
from knuffel.body.uterus.cell.parameters import MODELS, UterineCellParameters, packed
from knuffel.body.uterus.cell.protocols import Course, Step, current_clamp, starting_state
from knuffel.body.uterus.cell.voltage_clamp import voltage_clamp
from knuffel.errors import NumericalError, ParameterError
from knuffel.evidence.resolve import numbers

Floats = npt.NDArray[np.float64]


def cell(*sets: str, **changes: Any) -> UterineCellParameters:
    return replace(numbers(UterineCellParameters, sets), **changes)


def plain(y: Floats, effect: float, parameters: UterineCellParameters) -> Floats:
    """Return the slopes by the plain functions, uncompiled."""
    p = np.empty(layout.PACKED + layout.DERIVED)
    equations.prepare(packed(parameters)[0], effect, p)
    z, inf, rate, dydt = (np.zeros(layout.STATES) for _ in range(4))
    full, opened = np.zeros(equations.CHANNELS + 3), np.zeros(equations.CHANNELS)
    equations.derivatives(y, -0.1, p, z, inf, rate, full, opened, dydt)
    return dydt


@pytest.mark.parametrize("sets", MODELS.values())
def test_compiled_equations_are_the_plain_ones(sets: tuple[str, ...]) -> None:
    parameters, random = cell(*sets), np.random.default_rng(1)
    for _ in range(50):
        y = random.uniform(0, 1, layout.STATES)
        y[layout.V], y[layout.CA] = random.uniform(-90, 50), 10 ** random.uniform(-5, -2.5)
        expected = plain(y, 0.5, parameters)
        found = slopes(y, -0.1, 0.5, packed(parameters)[0])
        scale = np.maximum(np.abs(expected), 1e-9)
        assert (np.abs(found - expected) / scale).max() < 1e-12


@pytest.mark.parametrize("sets", [(), ("tong2014",)])
def test_the_published_start_is_a_resting_state(sets: tuple[str, ...]) -> None:
    parameters = cell(*sets)
    rates = slopes(starting_state(parameters)[0], 0.0, 0.0, packed(parameters)[0])
    assert np.abs(rates).max() < 1e-5


def solved(method: str, parameters: UterineCellParameters, time: Floats) -> Floats:
    given, state, found = packed(parameters)[0], starting_state(parameters)[0], []
    absolute = np.full(layout.STATES, 1e-12)
    absolute[layout.CA] = 1e-15
    for begin, end, current in ((0, 1000, 0.0), (1000, 11_000, -0.25), (11_000, float(time[-1]), 0.0)):
        inside = time[(time >= begin) & (time <= end)]

        def slope(_: float, y: Floats, current: float = current) -> Floats:
            return np.asarray(slopes(y, current, 0.0, given))

        run = solve_ivp(slope, (begin, end), state, method, inside, rtol=1e-10, atol=absolute)
        found.append(run.y.T[:-1] if end < time[-1] else run.y.T)
        state = run.y[:, -1]
    return np.concatenate(found)


@pytest.mark.parametrize(
    ("method", "first", "whole"),
    [("LSODA", 5e-8, 1e-4), ("Radau", 1e-9, 1e-7)],
)
def test_it_agrees_with_scipy_over_the_default_step(method: str, first: float, whole: float) -> None:
    """Through the first spike, and over 60 s: each later spike amplifies what the solvers leave (LSODA the most)."""
    parameters = cell()
    own = current_clamp(parameters, Step(-0.25), 60_000, sample=50, rtol=1e-12, atol=1e-14)
    known = solved(method, parameters, own.time)
    relative = np.abs(own.states[0] - known) / np.abs(known).max(axis=0).clip(1e-12)
    assert relative[own.time <= 8000].max() < first
    assert relative.max() < whole


def test_a_tighter_tolerance_has_a_smaller_error() -> None:
    parameters = cell()
    exact = current_clamp(parameters, Step(-0.25), 5000, rtol=1e-12, atol=1e-14).states
    errors = [
        np.abs(current_clamp(parameters, Step(-0.25), 5000, rtol=rtol, atol=rtol / 100).states - exact)[:, :, 0].max()
        for rtol in (1e-4, 1e-6, 1e-8, 1e-10)
    ]
    assert np.all(np.diff(errors) < 0)
    assert errors[-1] < 1e-5


def test_a_batch_has_the_bits_of_single_cells() -> None:
    conductance, amplitude, effect = np.array([0.5, 0.6, 0.7]), np.array([-0.2, -0.25, -0.3]), np.array([0, 0.3, 1])
    batch = current_clamp(cell(l_type_conductance=conductance), Step(amplitude), 12_000, effect=effect)
    for place in range(3):
        one = cell(l_type_conductance=float(conductance[place]))
        single = current_clamp(one, Step(float(amplitude[place])), 12_000, effect=float(effect[place]))
        assert np.array_equal(batch.states[place], single.states[0])
        assert np.array_equal(batch.spikes[place], single.spikes[0])


def test_samples_do_not_move_the_spikes() -> None:
    coarse, fine = (current_clamp(cell(), Step(-0.25), 15_000, sample=sample) for sample in (5000, 3))
    assert np.allclose(coarse.spikes[0], fine.spikes[0], atol=0.5)
    assert len(fine.spikes[0]) == 5


def test_the_last_sample_is_the_end_whatever_the_rounding() -> None:
    trace = current_clamp(cell(), None, 0.3, sample=0.1)
    assert trace.time == pytest.approx([0, 0.1, 0.2, 0.3]) and trace.time[-1] == 0.3


def test_the_second_pulse_counts_from_time_zero() -> None:
    assert Step(-0.25, interval=46_500).pulses(120_000) == [(1000, 11_000), (56_500, 66_500), (113_000, 123_000)]
    trace = current_clamp(cell(), Step(-0.25, interval=46_500), 60_000, sample=10)
    second = trace.spikes[0][trace.spikes[0] > 20_000]
    assert 56_500 < second[0] < 57_000
    quiet = (trace.time > 40_000) & (trace.time <= 56_500)
    assert np.ptp(trace.potential[0, quiet]) < 0.5


def test_a_pulse_is_not_jumped() -> None:
    short = current_clamp(cell(), Step(-2.0, onset=30_000, duration=20), 40_000, sample=40_000)
    assert short.potential_max[0] > -45


def test_a_course_that_does_not_change_is_a_constant() -> None:
    constant = current_clamp(cell(), None, 20_000, effect=0.5)
    course = current_clamp(cell(), None, 20_000, effect=Course([0, 7000], [0.5, 0.5]))
    assert np.allclose(constant.states, course.states, rtol=1e-6)
    later = current_clamp(cell(), None, 20_000, effect=Course([0, 7000], [0, 1]))
    assert later.force[0, later.time <= 7000].max() < 0.01 < later.force_max[0] - 0.9


def test_without_current_there_is_no_spike_at_any_effect() -> None:
    trace = current_clamp(cell(), None, 60_000, effect=np.linspace(0, 1, 5))
    assert [len(found) for found in trace.spikes] == [0] * 5


def test_clamped_currents_are_those_of_the_slopes() -> None:
    parameters = cell()
    seen = voltage_clamp(parameters, -80, 0, 5)
    assert seen.peak("CaL")[0] < 0 < seen.peak("K1")[0]
    assert seen.time[-1] == 5


def test_the_time_constant_of_chloride_channels_is_positive() -> None:
    p = np.empty(layout.PACKED + layout.DERIVED)
    equations.prepare(packed(cell())[0], 0, p)
    inf, rate = np.zeros(layout.STATES), np.zeros(layout.STATES)
    for v in np.linspace(-200, 100, 601):
        gates.relaxation(float(v), 1e-4, p, inf, rate)
        assert rate[layout.GATE_C] > 0


@pytest.mark.parametrize(
    "bad",
    [
        {"l_type_conductance": float("nan")},
        {"l_type_conductance": -0.1},
        {"external_calcium": 0},
        {"capacitance": 0},
        {"calcium_buffering": -1},
        {"weights": np.ones(3)},
    ],
)
def test_parameters_that_cannot_be(bad: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"uterus\.cell_"):
        cell(**bad)


@pytest.mark.parametrize(
    "given",
    [
        {"amplitude": float("nan")},
        {"amplitude": -0.2, "duration": 0},
        {"amplitude": -0.2, "duration": -5},
        {"amplitude": -0.2, "onset": -1},
        {"amplitude": -0.2, "interval": 0},
    ],
)
def test_currents_that_cannot_be(given: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        Step(**given)


def test_runs_that_cannot_be() -> None:
    start = starting_state(cell())[0]
    start[layout.CA] = 0
    for given in ({"effect": 1.1}, {"effect": -0.1}, {"rtol": 0}, {"sample": -1}, {"start": start}):
        with pytest.raises(ParameterError):
            current_clamp(cell(), None, 1000, **given)
    with pytest.raises(ParameterError, match="end"):
        current_clamp(cell(), None, -1)
    with pytest.raises(ParameterError, match="one value for all"):
        current_clamp(cell(), Step(np.zeros(3)), 100, effect=np.zeros(2))
    with pytest.raises(ParameterError, match="200 mV"):
        voltage_clamp(cell(), -80, 250, 10)
    with pytest.raises(ParameterError, match="above 0"):
        voltage_clamp(cell(), -80, 0, 10, calcium=0)


def test_a_failure_names_cell_state_and_time() -> None:
    with pytest.raises(NumericalError, match=r"uterine cell 1, .* at .* ms") as found:
        current_clamp(cell(), Step(np.array([-0.2, 1e9])), 2000)
    assert found.value.exit_code == 3
    assert current_clamp(cell(), Step(-2.5), 1500).notices[0].code == "strong_current"
