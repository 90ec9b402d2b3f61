"""The pump: what it does at a step, what it does not, and that it is an infusion like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Events, Inputs
from knuffel.body.pump import InductionPump, PumpParameters, PumpSettings
from knuffel.errors import Interrupted, ParameterError
from knuffel.scenario import loads_scenario
from knuffel.simulation import _Run, simulate
from tests.body.rooms import STREAMS, levels, numbers, subjects

MINUTE = 60_000
UNIT = 28.5  # pg/s in a mU/min
FLOW, RATE = "pump.oxytocin_infusion", "pump.rate"
TERM = "subject: {species: human, sex: female, state: term}\n"


@dataclass(frozen=True)
class Plan:
    """A protocol of ten minutes a step."""

    start: int = 10 * MINUTE
    end: int = 100 * MINUTE
    first: float = 1.0
    increment: float = 2.0
    interval: int = 10 * MINUTE
    maximum: float = 6.0
    pauses: tuple[tuple[int, int], ...] = ()
    rule: str = "contractions"


def pump(plan: Plan | None) -> InductionPump:
    return InductionPump(numbers(PumpParameters), PumpSettings(plan))


def seen(
    activity: Any = 0, frequency: Any = 0, durations: Sequence[float] = (), at: int = 0, count: int = 1, who: int = 0
) -> Inputs:
    """Return what the pump sees of the uterus; ``durations`` of contractions that began at ``at`` ms."""
    many = len(durations)
    events = Events(
        np.full(many, at, dtype=np.int64),
        np.full(many, who, dtype=np.int64),
        np.arange(many),
        {"amplitude": np.full(many, 40.0), "duration": np.array(durations, dtype=float)},
    )
    return Inputs(
        levels(count, uterus__activity=activity, uterus__contraction_frequency=frequency),
        records={"uterus.contraction": events},
    )


def rates(plan: Plan, inputs: dict[int, Inputs], until: int = 100, count: int = 1) -> list[list[float]]:
    """Return the rates minute by minute; ``inputs`` by minute, nothing to see at the others."""
    component = pump(plan)
    state, _ = component.init(subjects(count), seen(count=count), STREAMS)
    found = []
    for minute in range(until):
        at = inputs.get(minute, seen(count=count))
        outputs = component.advance(state, at, minute * MINUTE, MINUTE, STREAMS)
        assert outputs[FLOW].tolist() == pytest.approx((60 * outputs[RATE][1]).tolist())
        assert component.invariants(state, outputs) == []
        found.append(outputs[RATE][1].tolist())
    return found


def at_steps(found: list[list[float]], row: int = 0) -> list[float]:
    return [values[row] for values in found[::10]]


def test_the_rate_rises_to_the_maximum_and_ends() -> None:
    found = rates(Plan(), {}, until=120)
    assert at_steps(found) == [0, 1, 3, 5, 6, 6, 6, 6, 6, 6, 0, 0]
    assert found[9] == [0] and found[10] == [1] and found[19] == [1] and found[20] == [3]
    assert found[99] == [6] and found[100] == [0]


@pytest.mark.parametrize("view", [{"activity": 200}, {"frequency": 0.4}])
def test_adequate_contractions_hold_the_rate(view: dict[str, float]) -> None:
    found = rates(Plan(), {30: seen(**view), 40: seen(**view)})
    assert at_steps(found) == [0, 1, 3, 3, 3, 5, 6, 6, 6, 6]


def test_just_less_than_adequate_does_not_hold_it() -> None:
    found = rates(Plan(), {30: seen(activity=199.9, frequency=0.399)})
    assert at_steps(found)[:4] == [0, 1, 3, 5]


def test_tachysystole_halves_the_rate_each_time() -> None:
    found = rates(Plan(), {40: seen(frequency=0.51, activity=250), 50: seen(frequency=0.51)})
    assert at_steps(found)[:7] == [0, 1, 3, 5, 2.5, 1.25, 3.25]
    assert at_steps(rates(Plan(), {40: seen(frequency=0.5)}))[4] == 5, "five in ten minutes are adequate, not too many"


@pytest.mark.parametrize(
    ("duration", "after"), [(119.9, [6, 6, 6, 6]), (120, [0, 2.5, 4.5, 6]), (300, [0, 2.5, 4.5, 6])]
)
def test_after_a_contraction_that_is_too_long_it_stands_still_and_goes_on_with_half(
    duration: float, after: list[float]
) -> None:
    found = rates(Plan(), {33: seen(durations=[60, duration, 70], at=32 * MINUTE)})
    assert at_steps(found)[:4] == [0, 1, 3, 5]
    assert at_steps(found)[4:8] == after


def test_a_contraction_counts_when_it_has_ended() -> None:
    found = rates(Plan(), {39: seen(durations=[180], at=38 * MINUTE)})
    assert at_steps(found)[3:8] == [5, 6, 0, 3, 5]


def test_two_long_contractions_keep_it_still_for_two_steps() -> None:
    found = rates(Plan(), {33: seen(durations=[130], at=32 * MINUTE), 43: seen(durations=[130], at=42 * MINUTE)})
    assert at_steps(found)[3:8] == [5, 0, 0, 2.5, 4.5]


def test_contractions_from_before_the_start_do_not_stop_it() -> None:
    early = {5: seen(durations=[200], at=4 * MINUTE), 10: seen(durations=[200], at=10 * MINUTE - 1)}
    assert at_steps(rates(Plan(), early))[:3] == [0, 1, 3]


def test_held_at_the_start_it_begins_with_the_first_rate_later() -> None:
    found = rates(Plan(first=0.5), {10: seen(activity=250), 20: seen(frequency=0.6)})
    assert at_steps(found)[:5] == [0, 0, 0, 0.5, 2.5]


def test_without_a_rule_nothing_is_looked_at() -> None:
    bad = {minute: seen(activity=400, frequency=0.7, durations=[300], at=minute * MINUTE) for minute in range(100)}
    assert rates(Plan(rule="none"), bad) == rates(Plan(rule="none"), {})
    assert at_steps(rates(Plan(rule="none"), bad)) == [0, 1, 3, 5, 6, 6, 6, 6, 6, 6]


def test_pauses_let_nothing_flow_and_leave_the_rate_as_it_was() -> None:
    plan = Plan(pauses=((25 * MINUTE, 45 * MINUTE), (50 * MINUTE, 60 * MINUTE)))
    found = [value for (value,) in rates(plan, {})]
    assert found[20:25] == [3] * 5 and found[25:45] == [0] * 20
    assert found[45:50] == [3] * 5, "the steps at 30 and 40 min lie in the pause"
    assert found[50:60] == [0] * 10 and found[60:70] == [5] * 10


def test_a_pause_at_the_start_delays_the_first_rate() -> None:
    found = [value for (value,) in rates(Plan(pauses=((10 * MINUTE, 15 * MINUTE),)), {})]
    assert found[:20] == [0] * 20 and found[20] == 1 and found[30] == 3


def test_subjects_are_decided_one_by_one() -> None:
    what = {
        20: seen(activity=np.array([0, 250, 0]), count=3),
        25: seen(durations=[150], at=25 * MINUTE, count=3, who=2),
    }
    found = rates(Plan(), what, count=3)
    assert [at_steps(found, row)[:5] for row in range(3)] == [[0, 1, 3, 5, 6], [0, 1, 1, 3, 5], [0, 1, 3, 0, 1.5]]


def test_edges_are_the_steps_the_end_and_the_pauses() -> None:
    plan = Plan(end=35 * MINUTE, pauses=((12 * MINUTE, 13 * MINUTE),))
    assert sorted(pump(plan).edges()) == [minute * MINUTE for minute in (10, 12, 13, 20, 30, 35)]
    assert pump(None).edges() == []


def test_without_a_protocol_it_stands_still() -> None:
    component = pump(None)
    state, _ = component.init(subjects(2), seen(count=2), STREAMS)
    outputs = component.advance(state, seen(count=2), 0, 1000, STREAMS)
    assert outputs[FLOW].tolist() == outputs[RATE].tolist() == [0, 0]


@pytest.mark.parametrize("change", [{"end": 0}, {"interval": 0}, {"first": -1}, {"increment": -1}, {"rule": "guess"}])
def test_impossible_protocols(change: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        pump(Plan(**change))


def scenario(dose: str, rest: str = "", duration: str = "5 h", body: str = "neurons: off") -> Any:
    text = f"duration: {duration}\n{TERM}body: {{{body}}}\ndoses: [{dose}]\nobserve: {{record: {{every: 5 min}}}}\n"
    return loads_scenario(text + rest)


def values(run: Any, name: str) -> Any:
    return np.asarray(run.recorded.variables[name].data[...])


def test_without_a_rule_it_is_the_same_infusion_bit_for_bit() -> None:
    """The steps of `low_reference` as an infusion with the same rates: plasma and uterus may not tell the two apart."""
    rows = ", ".join(f"{{at: {30 * (k + 1)} min, rate: {2 * k + 1} mU/min}}" for k in range(9))
    typed = f"{{drug: oxytocin, route: iv_infusion, steps: [{rows}], end: 280 min}}"
    body = "neurons: off, circulation: off, water: off"  # side effects would cut the time into smaller pieces
    ours = simulate(scenario("{protocol: low_reference, rule: none, start: 30 min, end: 280 min}", body=body))
    explicit = scenario(typed, body=body)
    (dose,), plan = explicit.doses, ours.attributes["protocol"]
    same, rate = [], plan["first"]
    for start, end, typed_rate in dose.segments:
        assert typed_rate == pytest.approx(rate, rel=1e-12)  # what was typed differs by roundings of the sum
        same.append((start, end, rate))
        rate += plan["increment"]
    theirs = simulate(replace(explicit, doses=(replace(dose, segments=tuple(same)),)))
    ports = [name for name in theirs.recorded.variables if name.startswith(("plasma.", "receptors.", "uterus."))]
    assert len(ports) > 10
    rows_of_ours = np.isin(values(ours, "time"), values(theirs, "time"))
    rows_of_theirs = np.isin(values(theirs, "time"), values(ours, "time"))
    for name in ports:
        mine, other = values(ours, name), values(theirs, name)
        if ours.recorded.variables[name].dims[-1] == "time":
            mine, other = mine[..., rows_of_ours], other[..., rows_of_theirs]
        assert np.array_equal(mine, other, equal_nan=True), name
    assert values(ours, "plasma.oxytocin_exogenous").max() > 3


def test_low_reference_rises_and_holds_with_a_uterus() -> None:
    """The rule is checked against the record: at every step the recorded uterus decides."""
    run = simulate(scenario("{protocol: low_reference, start: 30 min, end: 9 h}", duration="10 h"))
    time, rate = values(run, "time") // MINUTE, values(run, RATE)[0] / UNIT
    activity, frequency = values(run, "uterus.activity")[0], values(run, "uterus.contraction_frequency")[0]
    begins, lasts = values(run, "uterus.contraction.time"), values(run, "uterus.contraction.duration")
    before, expected, held, kept, stopped = 0.0, [], 0, 0.0, False
    ends = begins + 1000 * lasts
    for minute in range(30, 540, 30):
        place = int(np.searchsorted(time, minute))
        recent = (begins >= 30 * MINUTE) & (ends > (minute - 30) * MINUTE) & (ends <= minute * MINUTE)
        kept, again = kept if stopped else before / 2, stopped
        stopped = bool((lasts[recent] >= 120).any())
        if stopped:
            before = 0.0
        elif again:
            before = kept
        elif 10 * frequency[place] > 5:
            before /= 2
        elif activity[place] >= 200 or frequency[place] >= 0.4:
            held += 1
        else:
            before = min(before + (2 if before else 1), 20)
        expected.append(before)
    found = [rate[np.searchsorted(time, minute) + 1] for minute in range(30, 540, 30)]
    assert found == pytest.approx(expected)
    assert held > 0 and max(found) >= 5
    assert rate[time > 540].max() == 0
    assert values(run, RATE).max() <= 20 * UNIT


def test_tachysystole_makes_it_halve_at_every_step() -> None:
    """The uterus is prescribed: six contractions in ten minutes from the first hour on."""
    frequency = "{table: [[0 min, '0.2 1/min'], [60 min, '0.2 1/min'], [61 min, '0.6 1/min']]}"
    uterus = f"uterus: {{outputs: {{activity: 150 MVU, contraction_frequency: {frequency}}}}}"
    dose = "{protocol: high_reference, start: 10 min, end: 5 h, interval: 15 min}"
    run = simulate(scenario(dose, body=f"neurons: off, {uterus}"))
    rate, time = values(run, RATE)[0] / UNIT, values(run, "time") // MINUTE
    found = [float(rate[np.searchsorted(time, minute) + 1]) for minute in range(10, 101, 15)]
    assert found == pytest.approx([6, 12, 18, 24, 12, 6, 3])


def test_it_runs_beside_neurons_that_make_it_step_every_second() -> None:
    """Contractions come every ten seconds at most, the pump looks more often: each is read once."""
    dose = "{protocol: low_reference, start: 1 min, duration: 1 min}"
    run = simulate(scenario(dose, duration="3 min", body="neurons: {cells: 2}", rest="engine: {debug: true}\n"))
    assert run.summary()["pump.oxytocin_infusion.total"]["value"] == pytest.approx(0.001)


def test_the_engine_hands_each_contraction_to_the_pump_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_by_pump: list[tuple[int, int]] = []
    advance = InductionPump.advance

    def watched(self: Any, state: Any, inputs: Inputs, *rest: Any) -> Any:
        record = inputs.events("uterus.contraction")
        seen_by_pump.extend(zip(record.subject.tolist(), record.time.tolist(), strict=True))
        return advance(self, state, inputs, *rest)

    monkeypatch.setattr(InductionPump, "advance", watched)
    run = simulate(scenario("{protocol: low_reference, start: 7 min, end: 2 h}", duration="2 h"))
    mine = list(zip(values(run, "uterus.contraction.subject"), values(run, "uterus.contraction.time"), strict=True))
    told = [item for item in seen_by_pump if item[1] >= 0]
    last = max(time for _, time in told)
    assert told == [item for item in mine if item[1] <= last]
    assert len(mine) - len(told) <= 1, "what begins in the last interval is read by nobody"


def test_a_resumed_run_has_the_same_bits(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped right after a tetanic contraction, which the pump has not read yet, and in the midst of a step."""
    item = scenario("{protocol: low_reference, start: 30 min, end: 280 min, pauses: [{from: 80 min, to: 100 min}]}")
    whole = simulate(item)
    begins, lasts = values(whole, "uterus.contraction.time"), values(whole, "uterus.contraction.duration")
    long = begins[(lasts >= 120) & (begins > 30 * MINUTE)]
    stops = [*(int(time) + 1 for time in long[:1]), 91 * MINUTE + 7]
    for place, stop in enumerate(stops):
        with monkeypatch.context() as patch:
            patch.setattr(_Run, "_pause", lambda self, t, stop=stop: t >= stop)
            with pytest.raises(Interrupted):
                simulate(item, save=tmp_path / str(place))
        resumed = simulate(item, save=tmp_path / str(place), resume=True)
        assert resumed.content_hash == whole.content_hash


def test_many_steps_cost_no_more_than_their_edges() -> None:
    plan = scenario("{protocol: low_reference, start: 0 min, end: 5 h, interval: 30 min}").protocol
    assert len(InductionPump(numbers(PumpParameters), PumpSettings(plan)).edges()) == 10 + 1
