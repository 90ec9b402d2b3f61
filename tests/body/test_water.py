"""Water: closed forms, balance, what is given, warnings, bad input, when the room runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs, Kind, Port
from knuffel.body.receptors.operational import OperationalReceptor
from knuffel.body.water import Antidiuresis, AntidiuresisParameters
from knuffel.body.water.equations import serum_sodium, urine_flow, urine_osmolality
from knuffel.errors import NumericalError, ParameterError, ScenarioError
from knuffel.report.html import render
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.body.rooms import STREAMS, levels, numbers, subjects

SODIUM, OSMOLALITY, FLOW, WATER = (port.name for port in Antidiuresis.outputs)
WOMAN = "duration: 8 h\nsubject: {species: human, sex: female}\n"
DOSE = "doses: [{drug: oxytocin, route: iv_infusion, rate: 50 mU/min, start: 0 min, duration: 7 h}]\n"
DRIVEN = "neurons: off, receptors: {outputs: {v2_drive: {table: [[0 min, '0.2 1'], [30 min, '%s 1']]}}}"
DRINKING = "body: {neurons: off, receptors: off, water: {model: antidiuresis, parameters: {extra_intake: %s mL/min}}}\n"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receptors that can say how far the V2 receptor is occupied."""
    if all(port.name != "receptors.v2_drive" for port in OperationalReceptor.outputs):
        port = Port("receptors.v2_drive", "1", Kind.FRACTION, "occupancy of the V2 receptor", default=0, range=(0, 1))
        monkeypatch.setattr(OperationalReceptor, "outputs", (*OperationalReceptor.outputs, port))


def room(**changes: Any) -> Antidiuresis:
    return Antidiuresis(numbers(AntidiuresisParameters, **changes))


def given(drive: Any, dt: int = 60_000, water: float = 0, sodium: float = 0, count: int = 1) -> Inputs:
    """Return inputs: drive, and what is given in mL/s and mmol/s."""
    flows = {"doses.water": np.full(count, water * dt / 1000), "doses.sodium": np.full(count, sodium * dt / 1000)}
    return Inputs(levels(count, receptors__v2_drive=drive), flows)


def test_urine_is_dilute_without_drive_and_concentrated_with_it() -> None:
    assert urine_osmolality(np.array([0, 0.5, 1]), 60, 940).tolist() == [60, 530, 1000]
    assert urine_flow(60, 0.9 / 60) * 60 == pytest.approx(15)
    assert serum_sodium(38_000, 35_000, 140, 0) == pytest.approx(128.947, abs=1e-3)
    assert serum_sodium(36_000, 35_000, 140, 154) == pytest.approx((140 * 35 + 154) / 36)


def test_the_start_is_in_balance() -> None:
    component = room()
    state, outputs = component.init(subjects(), given(0.17355, 0), STREAMS)
    assert outputs[OSMOLALITY] == pytest.approx(223, abs=0.2)
    assert outputs[WATER] == 35_000
    component.advance(state, given(0.17355, 86_400_000), 0, 86_400_000, STREAMS)
    assert state.water == pytest.approx(35_000, rel=1e-12)
    assert component.findings(state) == ()
    assert component.init(subjects(sex="male"), given(0.2, 0), STREAMS)[1][WATER] == pytest.approx(42_000)


def test_drive_keeps_water() -> None:
    component = room()
    state, _ = component.init(subjects(), given(0.2, 0), STREAMS)
    outputs = component.advance(state, given(0.5, 3_600_000), 0, 3_600_000, STREAMS)
    kept = 60 * 900 * (1 / (60 + 940 * 0.2) - 1 / (60 + 940 * 0.5))
    assert outputs[WATER] == pytest.approx(35_000 + kept)
    assert outputs[SODIUM] == pytest.approx(140 * 35_000 / (35_000 + kept))
    start, end = outputs[FLOW]
    assert start == end == pytest.approx(15 / 530)


def test_cuts_change_nothing_when_flows_are_constant() -> None:
    component = room()
    whole, _ = component.init(subjects(), given(0.2, 0), STREAMS)
    cut, _ = component.init(subjects(), given(0.2, 0), STREAMS)
    component.advance(whole, given(0.4, 600_000, 0.1, 0.01), 0, 600_000, STREAMS)
    for t, dt in ((0, 1), (1, 299_999), (300_000, 300_000)):
        outputs = component.advance(cut, given(0.4, dt, 0.1, 0.01), t, dt, STREAMS)
    for name, array in whole.arrays().items():
        np.testing.assert_allclose(cut.arrays()[name], array, rtol=1e-12, err_msg=name)
    assert component.invariants(cut, outputs) == []


def test_salt_in_what_is_given_keeps_sodium_up() -> None:
    component = room()
    found = []
    for sodium in (0.0, 0.154):
        state, _ = component.init(subjects(), given(0.5, 0), STREAMS)
        found.append(component.advance(state, given(0.5, 7_200_000, 1.0, sodium), 0, 7_200_000, STREAMS)[SODIUM][0])
    assert found[0] < 117 < 141 < found[1] < 143  # normal saline is a little saltier than serum


def test_extra_intake_is_drunk() -> None:
    component = room(extra_intake=0.1)
    state, _ = component.init(subjects(), given(0.2, 0), STREAMS)
    component.advance(state, given(0.2, 10_000_000), 0, 10_000_000, STREAMS)
    assert state.water == pytest.approx(36_000)


@pytest.mark.parametrize(("litres", "code"), [(2, None), (3, "amber"), (5, "red")])
def test_low_sodium_is_found_and_remembered(litres: float, code: str | None) -> None:
    component = room()
    state, _ = component.init(subjects(2, weight=np.array([70.0, 170.0])), given(0.2, 0, count=2), STREAMS)
    for t, water in ((0, litres), (1_000_000, -litres)):
        component.advance(state, given(0.2, 1_000_000, water, count=2), t, 1_000_000, STREAMS)
    found = component.findings(state)
    assert [notice.code for notice in found] == ([] if code is None else [f"low_sodium_{code}"])
    assert all("in 1 of 2 subjects" in str(notice) for notice in found)


def test_impossible_numbers_and_states_are_found() -> None:
    with pytest.raises(ParameterError, match=r"water\.red_limit"):
        room(red_limit=140.0)
    component = room()
    state, outputs = component.init(subjects(), given(0.2, 0), STREAMS)
    state.water[:] = -5
    assert [item.variable for item in component.invariants(state, outputs)] == ["body water", "water"]


def mode(text: str) -> str:
    return loads_scenario(text).rooms["water"].mode


@pytest.mark.usefixtures("told")
def test_the_room_runs_with_a_long_infusion_when_the_kidney_is_told() -> None:
    driven = f"body: {{{DRIVEN % 0.5}}}"
    assert mode(WOMAN + DOSE + driven) == "model"
    assert mode(WOMAN + DOSE) == "model"
    assert mode(WOMAN + DOSE.replace("7 h", "50 min") + driven) == "off"
    assert mode(WOMAN + DOSE + "body: {neurons: off, receptors: off}") == "off"
    assert mode(WOMAN + driven) == "off"
    rat = WOMAN.replace("human", "rat")
    with pytest.raises(ScenarioError, match="no model of the water of a rat"):
        loads_scenario(rat + "body: {neurons: off, water: antidiuresis}")


@pytest.mark.usefixtures("told")
def test_an_infusion_keeps_water_in_a_scenario() -> None:
    result = simulate(loads_scenario(WOMAN + DOSE + f"body: {{{DRIVEN % 0.5}}}"))
    summary = result.summary()
    kept = 900 * (450 * (1 / (60 + 940 * 0.2) - 1 / 530))  # 7.5 h at the higher drive
    assert 35_000 + kept < summary[f"{WATER}.end"]["value"] < 35_000 + 1.07 * kept
    assert summary[f"{SODIUM}.lowest"]["value"] == pytest.approx(140 * 35_000 / summary[f"{WATER}.end"]["value"])
    assert summary[f"{OSMOLALITY}.peak"]["value"] == pytest.approx(530)
    assert "full_diuresis" not in [notice.code for notice in result.notices]


def test_full_diuresis_is_said() -> None:
    text = WOMAN + "body: {neurons: off, receptors: off, water: antidiuresis}"
    assert "full_diuresis" in [notice.code for notice in loads_scenario(text).notices]
    result = simulate(loads_scenario(text))
    assert result.summary()[f"{FLOW}.total"]["value"] == pytest.approx(8 * 60 * 15)


def test_the_warning_reaches_the_result_even_if_sodium_is_not_recorded() -> None:
    base = "duration: 4 h\nsubject: {species: human, sex: female}\n" + DRINKING
    silent = "observe: {record: {variables: [water.urine_flow]}}\n"
    for rate, codes in ((0, []), (14, ["low_sodium_amber"]), (25, ["low_sodium_red"])):
        for more in ("", silent):
            result = simulate(loads_scenario(base % rate + more))
            assert [notice.code for notice in result.notices if "sodium" in notice.code] == codes
    assert "low_sodium_red" in str(result.notices[-1])
    assert "low_sodium_red" in render(result)


def test_a_resumed_run_finds_the_same(tmp_path: Any) -> None:
    text = WOMAN + DRINKING % 14
    scenario = loads_scenario(text)
    whole = simulate(scenario)
    saved = simulate(scenario, save=tmp_path / "run")
    assert [str(item) for item in saved.notices] == [str(item) for item in whole.notices]
    again = simulate(scenario, save=tmp_path / "run", resume=True)
    assert [str(item) for item in again.notices] == [str(item) for item in whole.notices]
    assert again.content_hash == whole.content_hash


@pytest.mark.usefixtures("told")
def test_a_body_without_water_stops_the_run() -> None:
    text = "duration: 4 days\nsubject: {species: human, sex: female}\n"
    dry = f"body: {{{(DRIVEN % 0).replace('0.2', '1')}, water: antidiuresis}}"
    with pytest.raises(NumericalError, match="body water"):
        simulate(loads_scenario(text + dry))


def test_parameters_are_checked() -> None:
    with pytest.raises(ParameterError, match=r"water\.start_sodium"):
        replace(numbers(AntidiuresisParameters), start_sodium=0.0)
