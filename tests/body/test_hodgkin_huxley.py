"""The Hodgkin-Huxley neuron: kernel against twin and a stiff solver, step, splits, batches, input, bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.hodgkin_huxley import HodgkinHuxleyOxytocin, equations, kernel
from knuffel.body.neurons.hodgkin_huxley.arrivals import place_arrivals
from knuffel.body.neurons.hodgkin_huxley.current_clamp import current_clamp, pulses
from knuffel.body.neurons.hodgkin_huxley.parameters import steps_per_ms
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from knuffel.evidence import load
from tests.body.rooms import levels, neutral, numbers, subjects

Neuron = HodgkinHuxleyOxytocin
STREAMS = Streams(1, "neurons")


def parameters(**changes: Any) -> Any:
    return numbers(Neuron.Parameters, "hh-oxytocin", **changes)


def part(cells: int = 20, **changes: Any) -> Neuron:
    return Neuron(parameters(**changes), Neuron.Settings(cells=cells))


def gains(count: int = 1, excitation: Any = 1, inhibition: Any = 1) -> Inputs:
    gain = {"stimuli__excitation_gain": excitation, "stimuli__inhibition_gain": inhibition}
    return Inputs(levels(count, **gain, modulators__mu_opioid_occupancy=0))


def run(
    neuron: Neuron, times: list[int], count: int = 1, first: int = 0, inputs: Inputs | None = None
) -> tuple[Any, list[Events]]:
    """Advance from boundary to boundary; return the state and the spikes of each piece."""
    state, _ = neuron.init(subjects(count, first), gains(count), STREAMS)
    events = []
    for begin, end in pairwise(times):
        outputs = neuron.advance(state, inputs or gains(count), begin, end - begin, STREAMS)
        events.append(outputs["neurons.spike"])
    return state, events


def joined(events: list[Events]) -> list[tuple[int, int, int]]:
    return sorted((int(s), int(t), int(i)) for e in events for s, t, i in zip(e.subject, e.time, e.index, strict=True))


def assert_same_state(first: Any, second: Any) -> None:
    for name, array in first.arrays().items():
        assert np.array_equal(array, second.arrays()[name]), name


def both(neuron: Neuron, count: int, begin: int, steps: int, precision: Any) -> tuple[Any, ...]:
    """Return spikes, states and traces of the kernel and of its twin."""
    state, _ = neuron.init(subjects(count), gains(count), STREAMS)
    lanes, per_ms = state.potential.size, steps_per_ms(neuron.parameters.time_step)
    excitation = np.linspace(0.2, 2.5, lanes)
    rates = excitation, 0.3 * excitation
    table, key = equations.constants(neuron.parameters), STREAMS("synaptic input").key
    words = np.uint64(key[0]), np.uint64(key[1])
    compiled = [term.copy() for term in state.lanes()]
    twin = [term.astype(precision) for term in compiled]
    traces = np.zeros((steps * per_ms, lanes), dtype=np.float32), np.zeros((steps * per_ms, lanes), dtype=precision)
    common = neuron.settings.cells, state.subject_index
    numbers32 = table.astype(np.float32)
    fast = kernel.advance_lanes(begin, steps, *words, *common, *rates, *compiled, numbers32, per_ms, traces[0])
    slow = equations.advance_lanes(begin, steps, key, *common, rates, twin, table, per_ms, traces[1], precision)
    return np.sort(fast), np.sort(slow), compiled, twin, *traces


@pytest.mark.parametrize(
    ("begin", "changes"),
    [
        (0, {}),
        (-13, {"sk_conductance": np.array([0.45, 0.0]), "psp_rate": 2000.0}),
        (5, {"time_step": 0.05, "applied_current": 6.0, "bk_fall_time": 1.22}),
    ],
)
def test_kernel_and_numpy_twin_give_equal_bits(begin: int, changes: dict[str, Any]) -> None:
    fast, slow, compiled, twin, trace, other = both(part(cells=35, **changes), 2, begin, 40, np.float32)
    assert len(fast) > 20
    assert np.array_equal(fast, slow)
    assert np.array_equal(trace.view(np.uint32), other.view(np.uint32))
    for one, two in zip(compiled, twin, strict=True):
        assert np.array_equal(one.view(np.uint32), two.view(np.uint32))


def test_single_precision_loses_nothing_that_matters() -> None:
    fast, slow, _, _, trace, other = both(part(cells=12), 1, 0, 100, np.float64)
    assert len(fast) > 20
    assert np.array_equal(fast, slow)
    difference, slope = np.abs(trace - other), np.abs(np.gradient(other, 0.02, axis=0))
    assert difference.mean() < 0.001
    assert difference[slope < 5].max() < 0.01, "mV, where the potential moves by less than 5 mV/ms"


def test_the_exponential_is_exact_to_three_parts_in_ten_million() -> None:
    x = np.linspace(-86, 86, 1_000_001, dtype=np.float32)
    assert np.abs(equations.exponential(x) / np.exp(x.astype(np.float64)) - 1).max() < 3e-7
    far = equations.exponential(np.array([-1e9, 1e9, 0], dtype=np.float32))
    assert 0 < far[0] < 1e-37 and np.isfinite(far[1]) and far[2] == 1


def test_the_singular_rate_is_smooth_through_zero() -> None:
    t = np.concatenate([np.linspace(-0.3, 0.3, 200_000), np.linspace(-40, 40, 200_000)]).astype(np.float32)
    exact = t.astype(np.float64) / np.expm1(t.astype(np.float64))
    assert np.abs(equations.bernoulli(t) / exact - 1).max() < 1e-6
    assert equations.bernoulli(np.zeros(1, dtype=np.float32))[0] == 1


def slopes(current: float, p: Any) -> Any:
    """The differential equations as the README has them, written once more and without regard to any step."""

    def ratio(x: float, y: float) -> float:
        return y if x == 0 else x / np.expm1(x / y)

    def slope(_: float, y: Any) -> list[float]:
        v, m, h, n, q, calcium = y
        u = v + 58
        rates = (
            (0.32 * ratio(13 - u, 4), 0.28 * ratio(u - 40, 5), m),
            (0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5)), h),
            (0.032 * ratio(15 - u, 5), 0.5 * np.exp((10 - u) / 40), n),
        )
        z, q_inf = 1 / (1 + np.exp(-(v + 15) / 5)), 1 / (1 + np.exp(-(v + 15) / 4))
        i_ca = 0.3 * z**2 * (v - 120)
        g_k = 8 * n**4 + p.bk_conductance * q + p.sk_conductance * calcium / (calcium + 20)
        i = 60 * m**3 * h * (v - 50) + g_k * (v + 90) + 0.2 * (v + 74) + i_ca
        gates = [a * (1 - x) - b * x for a, b, x in rates]
        return [current - i, *gates, (q_inf - q) / (1.2 if q_inf > q else 10), -0.05 * i_ca - calcium / 505]

    return slope


def crossings(time: Any, potential: Any) -> Any:
    """Return when the potential crosses -10 mV upwards, between the steps."""
    up = np.flatnonzero((potential[:-1] < -10) & (potential[1:] >= -10))
    part = (-10 - potential[up]) / (potential[up + 1] - potential[up])
    return time[up] + part * (time[up + 1] - time[up])


def test_the_loop_converges_to_the_solution_of_a_stiff_solver() -> None:
    current, duration, errors = 6.0, 900, []
    start = [-74.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    time = np.arange(1, duration * 200 + 1) / 200
    options: Any = {"method": "LSODA", "t_eval": time, "rtol": 1e-10, "atol": 1e-10, "max_step": 1.0}
    solution = solve_ivp(slopes(current, parameters()), (0, duration), start, **options)
    expected = crossings(time, solution.y[0])
    assert len(expected) >= 4
    for step in (0.02, 0.01, 0.005):
        trace = current_clamp(parameters(time_step=step), np.full(duration, current))
        found = crossings(trace.time, trace.potential)
        assert len(found) == len(expected) == len(trace.spikes)
        assert np.array_equal(trace.spikes, found.astype(int))
        errors.append(np.abs(found / expected - 1).max())
        before = trace.time < expected[0] - 1
        exact = np.interp(trace.time[before], time, solution.y[0])
        assert np.abs(trace.potential[before] - exact).max() < 2 * step
        since = np.arange(2, 20)
        hap = np.interp(found[0] + since, trace.time, trace.potential)
        assert hap == pytest.approx(np.interp(expected[0] + since, time, solution.y[0]), abs=10 * step)
    assert errors[0] < 0.005
    assert all(fine < 0.6 * coarse for coarse, fine in pairwise(errors)), "first order in the step"


def test_the_rate_does_not_depend_on_the_step() -> None:
    counts = [
        len(joined(run(part(cells=64, psp_rate=600.0, time_step=step), list(range(0, 9000, 1000)))[1]))
        for step in (0.05, 0.02, 0.01)
    ]
    assert counts[0] == pytest.approx(counts[2], rel=0.01)
    assert counts[1] == pytest.approx(counts[2], rel=0.01)


def test_arrivals_are_poisson_uniform_in_time_and_the_same_for_every_step() -> None:
    counts, places = [], []
    for ms in range(4000):
        fine, coarse = np.zeros(100, dtype=np.float32), np.zeros(50, dtype=np.float32)
        for net in (fine, coarse):
            place_arrivals(net, 0, 1, len(net), 2.0, 0.0, ms, 3, 0, np.uint64(1), np.uint64(2))
        assert np.array_equal(fine.reshape(50, 2).sum(axis=1), coarse)
        counts.append(coarse.sum())
        places += [place for place, number in enumerate(fine) for _ in range(int(number))]
    assert np.mean(counts) == pytest.approx(2, abs=0.07)
    assert np.var(counts) == pytest.approx(2, abs=0.2)
    bins = np.bincount(np.array(places) // 10, minlength=10)
    assert ((bins - bins.mean()) ** 2 / bins.mean()).sum() < 28, "chi squared, 9 degrees of freedom, p = 0.001"


@pytest.mark.parametrize("cut", [[237], [1, 2, 3], [500, 998]])
def test_results_do_not_depend_on_where_the_interval_is_split(cut: list[int]) -> None:
    neuron = part(cells=70, rate_heterogeneity=0.4, psp_rate=700.0)
    whole, expected = run(neuron, [-1003, -3, 997])
    pieces, found = run(neuron, [-1003, *(place - 1003 for place in cut), -3, *(place - 3 for place in cut), 997])
    assert joined(found) == joined(expected)
    assert len(joined(found)) > 200
    assert_same_state(whole, pieces)


def test_results_do_not_depend_on_the_batch() -> None:
    neuron = part(cells=13, rate_heterogeneity=0.3)
    cohort, together = run(neuron, [0, 1000, 1500], count=11)
    for who in (0, 4, 10):
        alone, single = run(neuron, [0, 1000, 1500], first=who)
        assert [(t, i) for _, t, i in joined(single)] == [(t, i) for s, t, i in joined(together) if s == who]
        assert np.array_equal(alone.potential[0], cohort.potential[who])


def test_parameters_may_differ_between_subjects() -> None:
    neuron = part(psp_rate=np.array([400.0, 800.0]), sk_conductance=np.array([0.45, 0.0]), leak_reversal=-73.0)
    _, together = run(neuron, [0, 2000], count=2)
    for who, (rate, conductance) in enumerate(((400.0, 0.45), (800.0, 0.0))):
        one = part(psp_rate=rate, sk_conductance=conductance, leak_reversal=-73.0)
        _, single = run(one, [0, 2000], first=who)
        assert [(t, i) for _, t, i in joined(single)] == [(t, i) for s, t, i in joined(together) if s == who]


def test_gains_act_on_their_own_synapses_and_never_below_zero() -> None:
    def spikes(excitation: Any = 1, inhibition: Any = 1) -> int:
        neuron = part(inhibition_ratio=0.3, psp_rate=800.0)
        return len(joined(run(neuron, [0, 2000], inputs=gains(1, excitation, inhibition))[1]))

    assert spikes(2) > spikes() > spikes(1, 2)
    assert spikes(-3, -3) == 0
    assert spikes((1, 3)) == spikes(2), "the mean over the interval counts"


def test_without_input_cells_rest_and_nothing_is_tiny() -> None:
    neuron = part(psp_rate=0.0)
    state, _ = neuron.init(subjects(), gains(), STREAMS)
    state.synaptic_current[:] = 3
    for begin in range(0, 3000, 1000):
        outputs = neuron.advance(state, gains(), begin, 1000, STREAMS)
        assert len(outputs["neurons.spike"]) == 0 and outputs["neurons.firing_rate"][0] == 0
        assert neuron.invariants(state, outputs) == []
    assert not state.synaptic_current.any()
    assert state.potential == pytest.approx(np.full((1, 20), -74), abs=0.05)


def test_blocked_channels_lose_their_afterpotential() -> None:
    def left(after: int, **changes: float) -> float:
        current = pulses(50, 1, count=10, interval=50, before=20, after=after)
        trace = current_clamp(parameters(**changes), current)
        assert len(trace.spikes) == 10
        return float(trace.potential[-1] + 74)

    assert left(200) < -3 and abs(left(200, sk_conductance=0.0)) < 0.1, "AHP"
    only_bk = left(10, sk_conductance=0.0)
    assert only_bk < -4 and left(10, sk_conductance=0.0, bk_conductance=0.0) > only_bk / 4, "HAP"


def test_a_current_holds_and_pulses() -> None:
    current = pulses(5, 2, count=2, interval=10, before=3, after=4, held=1)
    assert current.tolist() == [1.0] * 3 + [6.0] * 2 + [1.0] * 8 + [6.0] * 2 + [1.0] * 4
    trace = current_clamp(parameters(), np.full(100, -1.0))
    assert trace.time[0] == pytest.approx(0.02) and trace.time[-1] == pytest.approx(100)
    assert trace.potential[-1] == pytest.approx(-79, abs=0.05), "one uA/cm2 over 0.2 mS/cm2"


def test_the_stored_resting_rate_is_what_the_cells_release() -> None:
    cells, warm, seconds = 64, 80, 160
    neuron = part(cells=cells)
    own = numbers(TerminalSecretion.Parameters, "hh-oxytocin")
    terminal = TerminalSecretion(own, TerminalSecretion.Settings(species="rat", cells=cells))
    cells_state, _ = neuron.init(subjects(), gains(), STREAMS)
    state, _ = terminal.init(subjects(), Inputs(), STREAMS)
    amount, count = 0.0, 0
    for begin in range(-warm * 1000, seconds * 1000, 1000):
        events = neuron.advance(cells_state, gains(), begin, 1000, STREAMS)["neurons.spike"]
        released = terminal.release(state, events, begin, 1000)[0]
        amount += released if begin >= 0 else 0
        count += len(events) if begin >= 0 else 0
    stored = load.sets()["hh-oxytocin"].parameters["secretion.resting_gland_rate"]
    assert stored.status == "assumed" and own.resting_gland_rate == stored.value
    assert amount / seconds == pytest.approx(stored.value, rel=0.02)
    assert count / cells / seconds == pytest.approx(own.resting_firing_rate, rel=0.02)


@pytest.mark.parametrize(
    "changes",
    [
        {"sodium_conductance": -1.0},
        {"sk_conductance": np.array([0.4, -0.1])},
        {"leak_conductance": 0.0},
        {"membrane_capacitance": -1.0},
        {"calcium_time_constant": 0.0},
        {"synaptic_time_constant": np.nan},
        {"alpha_m_slope": 0.0},
        {"applied_current": np.inf},
        {"rearm_potential": 0.0},
        {"time_step": 0.03},
        {"time_step": 0.0},
        {"time_step": 1e-5},
        {"time_step": 2.0},
        {"time_step": np.array([0.02, 0.05])},
    ],
)
def test_bad_parameters_are_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"neurons.hh_{next(iter(changes))}"):
        part(**changes)


def test_a_step_that_does_not_divide_a_millisecond_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"0.03 ms.*make 1 ms \(nearest: 0.030303 ms\)"):
        steps_per_ms(0.03)
    assert [steps_per_ms(step) for step in (1.0, 0.05, 0.02, 1 / 3, 0.001)] == [1, 20, 50, 3, 1000]


@pytest.mark.parametrize("cells", [0, -1, 2.5, True])
def test_a_number_of_cells_below_one_is_refused(cells: Any) -> None:
    with pytest.raises(ParameterError, match="cells"):
        Neuron.Settings(cells=cells)


def test_unusual_values_give_notices() -> None:
    assert part().notices() == []
    assert [notice.code for notice in part(psp_rate=6000.0).notices()] == ["psp_rate"]


def test_more_arrivals_than_can_be_drawn_are_refused() -> None:
    kind = HodgkinHuxleyOxytocin
    neuron = kind(numbers(kind.Parameters, *kind.default_sets), kind.Settings(cells=2))
    given = neutral(kind)
    given.levels["stimuli.excitation_gain"] = (np.array([5000.0]),) * 2
    state, _ = neuron.init(subjects(), given, Streams(1, "neurons"))
    with pytest.raises(ParameterError, match="arrivals per ms"):
        neuron.advance(state, given, 0, 10, Streams(1, "neurons"))
