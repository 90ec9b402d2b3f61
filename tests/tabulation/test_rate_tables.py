"""Rate tables: current, reproducible, refused when they do not fit; the models that read them; their fidelity."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.neurons.rate import RateNeurons
from knuffel.body.neurons.rate import equations as neuron_equations
from knuffel.body.neurons.rate import kernel as neuron_kernel
from knuffel.body.secretion.rate import RateSecretion
from knuffel.body.secretion.rate import equations as gland_equations
from knuffel.body.secretion.rate import kernel as gland_kernel
from knuffel.errors import DataError, ParameterError, ScenarioError, StoreError
from knuffel.evidence.load import parameters
from knuffel.evidence.rate_table import numbers_hash, rate_table, read_rate_table, table_names, table_text
from knuffel.evidence.resolve import Override, resolve
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from knuffel.tabulation import build_table, overrides, shipped_sets, write_table
from tests.body.rooms import STREAMS, levels, numbers, subjects

RAT = """
knuffel: 1
duration: 40 min
subject: {species: rat, sex: female}
fidelity: rate
"""


@pytest.fixture(scope="module")
def quick() -> Any:
    return build_table("oxytocin-2018", quick=True)


@pytest.mark.parametrize("name", table_names())
def test_a_shipped_table_was_made_from_the_numbers_of_the_evidence(name: str) -> None:
    table = rate_table(name)
    resolved, _ = resolve(list(table.parameters), [name], {})
    table.check(resolved)
    now = {key: (float(np.asarray(item.value)), item.unit) for key, item in resolved.items()}
    assert numbers_hash(table.models, table.parameters) == numbers_hash(table.models, now)
    assert set(table.parameters) <= set(parameters())
    assert table.changes == ()


def test_a_quick_table_agrees_with_the_shipped_one(quick: Any) -> None:
    shipped = rate_table("oxytocin-2018")
    for gain, place in ((1.0, 4), (2.0, 7), (4.0, 9)):
        assert quick.excitation_gain[place] == gain
        row, column = list(shipped.inhibition_ratio).index(1.0), list(shipped.excitation_gain).index(gain)
        here = quick.firing_rate[list(quick.inhibition_ratio).index(1.0), place]
        assert here == pytest.approx(shipped.firing_rate[row, column], rel=0.02)
    assert quick.rate_at_rest == pytest.approx(1.805, rel=0.02)


def test_equal_arguments_give_equal_bytes_and_a_file_gives_back_its_table(quick: Any, tmp_path: Path) -> None:
    file = write_table(quick, tmp_path)
    again = read_rate_table(file)
    assert table_text(again) == table_text(quick) == file.read_text(encoding="utf-8")
    assert np.array_equal(again.squared_calcium, quick.squared_calcium)


def test_tables_that_are_none_are_refused(tmp_path: Path) -> None:
    text = table_text(rate_table("oxytocin-2018"))
    content = json.loads(text)
    bad: dict[str, str] = {
        "empty": "",
        "list": "[]",
        "cut": text[: len(text) // 2],
        "format": json.dumps({**content, "format": 2}),
        "axis": json.dumps({**content, "rate": content["rate"][::-1]}),
        "shape": json.dumps({**content, "firing_rate": content["firing_rate"][1:]}),
        "negative": json.dumps({**content, "firing_rate": [[-1.0 for _ in row] for row in content["firing_rate"]]}),
        "hash": json.dumps({**content, "numbers_hash": "0"}),
        "words": json.dumps({**content, "openness": ["a"] * len(content["openness"])}),
    }
    del content["openness"]
    bad["missing"] = json.dumps(content)
    for name, broken in bad.items():
        file = tmp_path / f"{name}.json"
        file.write_text(broken, encoding="utf-8")
        with pytest.raises(DataError, match=f"{name}.json"):
            read_rate_table(file)
    with pytest.raises(DataError, match="nowhere"):
        read_rate_table(tmp_path / "nowhere.json")
    with pytest.raises(StoreError):
        write_table(rate_table("oxytocin-2018"), tmp_path / "empty.json")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("neurons.ahp_size", "ID=VALUE"),
        ("neurons.ahp_sise=0 mV", "ahp_size"),
        ("neurons.ahp_size=0 pg", "mV"),
        ("neurons.ahp_size=-1 mV", "possible"),
        ("neurons.ahp_size=much", "ahp_size"),
    ],
)
def test_bad_overrides_of_a_table_are_refused(text: str, word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        overrides([text])


def test_what_no_table_can_be_made_of_is_refused() -> None:
    with pytest.raises(ParameterError, match="oxytocin-2018"):
        build_table("oxytocin-2081", quick=True)
    with pytest.raises(ParameterError, match="rate_heterogeneity"):
        build_table("oxytocin-2018", overrides(["neurons.rate_heterogeneity=0.3"]), quick=True)
    with pytest.raises(ParameterError, match="not a number that the table holds"):
        build_table("oxytocin-2018", {"plasma.clearance": Override(1.0, "mL/s", "test")}, quick=True)
    assert shipped_sets() == ("oxytocin-2018", "spikemod-2017like")


def test_kernels_equal_plain_python() -> None:
    table, rng = rate_table("oxytocin-2018"), np.random.default_rng(3)
    grid = neuron_equations.fine_grid(table.excitation_gain, table.inhibition_ratio, table.firing_rate)
    ends = [rng.uniform(0, 8, 40) for _ in range(4)]
    plain, compiled = np.empty(40), np.empty(40)
    neuron_equations.mean_rates(*ends, *grid, plain)
    neuron_kernel.mean_rates(*ends, *grid, compiled)
    assert np.array_equal(plain, compiled)
    gland = _gland()
    stores = [rng.uniform(0, 0.2, 40), rng.uniform(0, 5000, 40), rng.uniform(0, 2e6, 40)]
    results = []
    for loop in (gland_equations.advance_glands, gland_kernel.advance_glands):
        moved, released, above = [item.copy() for item in stores], np.empty(40), np.empty(40)
        loop(300, 7400, plain, np.ones(40), *moved, released, above, gland._constants, 3, *gland._grid, gland._ratios)
        results.append([*moved, released, above])
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


def _gland(**settings: Any) -> RateSecretion:
    chosen = RateSecretion.Settings(species="rat", table=rate_table("oxytocin-2018"), **settings)
    return RateSecretion(numbers(RateSecretion.Parameters, "oxytocin-2018"), chosen)


def _inputs(rate: float, dt: int, mu: float = 0, kappa: float = 0) -> Inputs:
    values = levels(
        stimuli__excitation_gain=1, stimuli__inhibition_gain=1, modulators__mu_opioid_occupancy=mu,
        modulators__kappa_activity=kappa, physiology__basal_concentration=20, physiology__clearance=0.1,
    )  # fmt: skip
    return Inputs(values, {"neurons.firing_rate": np.array([rate * dt / 1000])})


def _released(rate: float, mu: float = 0, kappa: float = 0) -> float:
    gland = _gland()
    state, _ = gland.init(subjects(), _inputs(rate, 60_000), STREAMS)
    outputs = [
        gland.advance(state, _inputs(rate, 60_000, mu, kappa), t, 60_000, STREAMS) for t in range(0, 900_000, 60_000)
    ]
    return float(outputs[-1]["secretion.gland_rate"][0] / 60)


def test_resting_cells_release_what_spiking_ones_do_and_opioids_lower_it_alike() -> None:
    rest = _released(1.805)
    assert rest == pytest.approx(1.978, rel=0.03)
    assert _released(1.805, mu=1) == pytest.approx(0.7 * rest, rel=0.01)
    assert _released(1.805, kappa=1) == pytest.approx(0.49 * rest, rel=0.02)


def test_inputs_beyond_the_table_are_refused() -> None:
    neurons = RateNeurons(numbers(RateNeurons.Parameters), RateNeurons.Settings(rate_table("oxytocin-2018")))
    far = Inputs(levels(stimuli__excitation_gain=50, stimuli__inhibition_gain=1, modulators__mu_opioid_occupancy=0))
    state, _ = neurons.init(subjects(), far, STREAMS)
    with pytest.raises(ParameterError, match="rate table ends"):
        neurons.advance(state, far, 0, 1000, STREAMS)
    with pytest.raises(ParameterError, match="build-rate-tables"):
        RateNeurons(numbers(RateNeurons.Parameters))


def test_a_run_with_rates_gives_the_resting_level_of_a_rat() -> None:
    result = simulate(loads_scenario(RAT))
    plasma = result.dataset["plasma.oxytocin_concentration"].values
    assert plasma[0, -1] == pytest.approx(22.8, rel=0.03)
    assert np.ptp(plasma) < 0.3


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("fidelity: rates", "rate"),
        ("fidelity: rate\nbody: {neurons: if-oxytocin}", "contradicts"),
        ("fidelity: rate\nbody: {neurons: {parameters: {ahp_size: 0 mV}}}", "build-rate-tables"),
        ("fidelity: rate\nbody: {neurons: {cells: 50}}", "no cells"),
        ("fidelity: rate\nbody: {secretion: secretion-2018}", "needs spikes"),
        ("fidelity: rate\nrate_table: nowhere.json", "nowhere.json"),
        ("rate_table: nowhere.json", "no model reads it"),
        ("fidelity: rate\nbody: {neurons: {set: oxytocin-2018-lactating}}", "no rate table"),
    ],
)
def test_scenarios_that_ask_the_impossible_of_rates_are_refused(more: str, word: str) -> None:
    text = RAT.replace("fidelity: rate\n", "") + more + "\n"
    with pytest.raises(ScenarioError, match=word):
        loads_scenario(text)


def test_a_table_of_ones_own_runs_and_says_so(quick: Any, tmp_path: Path) -> None:
    changed = replace(quick, changes=())
    file = write_table(changed, tmp_path)
    result = simulate(loads_scenario(RAT + f"rate_table: {file}\n"))
    assert result.dataset["neurons.firing_rate"].values[0, -1] == pytest.approx(1.805, rel=0.02)
