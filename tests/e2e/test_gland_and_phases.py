"""A day without synthesis, and a quarter of an hour of vasopressin neurons, from the bundled scenarios."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knuffel import Result, load_scenario, simulate
from knuffel.analysis.phases import phases
from knuffel.assembly import assemble
from knuffel.errors import Interrupted
from knuffel.evidence import load
from knuffel.scenario import loads_scenario
from knuffel.simulation import _Run

from .conftest import small

REST = "duration: 8 min\nsubject: {species: rat, sex: female}\nbody: {neurons: {cells: 60}}"


def data(result: Result, name: str) -> Any:
    return np.asarray(result.recorded.variables[name].data)


def test_a_gland_that_makes_nothing_runs_out() -> None:
    # Blood is not needed, and without it the day takes half the time.
    result = simulate(load_scenario("depletion_rat", ["body.plasma=off"]))
    hours = data(result, "time") / 3_600_000
    rate, store = data(result, "secretion.gland_rate")[0], data(result, "secretion.store_fraction")[0]
    known = load.parameters()
    full, refill = (known[f"secretion.{name}"].value for name in ("reserve_maximum", "refill_rate"))
    assert rate[60] == pytest.approx(61.5, rel=0.02), "the steady rate at 10 spikes/s"
    plateau = (hours > 0.1) & (hours < 4)
    assert np.ptp(rate[plateau]) < 0.005 * rate[60], "as long as refilling keeps up"
    late = hours > 6
    before = 0.5 * (store[1:] + store[:-1])
    ratio = rate[1:][late[1:]] / before[late[1:]]
    assert ratio == pytest.approx(np.full(len(ratio), refill), rel=0.01), "then in proportion to the reserve"
    half_life = np.log(2) * full / refill / 3600
    fall = np.log2(store[hours == 8] / store[hours == 20]).item()
    assert fall == pytest.approx(12 / half_life, rel=0.01)
    assert store[-1] < 0.01
    released = np.nansum(rate[1:] * np.diff(hours)) * 3600
    assert released == pytest.approx(full * (1 - store[-1]), rel=0.005), "all of it went into the blood"


def test_vasopressin_neurons_alternate_each_for_itself() -> None:
    result = simulate(load_scenario("vasopressin_phasic"))
    time, cell = data(result, "neurons.spike.time"), data(result, "neurons.spike.index")
    found = [phases(time[cell == place]) for place in range(20)]
    assert all(len(item) >= 4 for item in found)
    assert 20 < np.median(np.concatenate([item.silences for item in found])) < 120
    active = np.zeros((20, 900))
    for place, item in enumerate(found):
        for begin, end in zip(item.start, item.end, strict=True):
            active[place, int(begin // 1000) : int(end // 1000) + 1] = 1
    alike = np.corrcoef(active)[np.triu_indices(20, 1)]
    assert abs(alike.mean()) < 0.1
    assert {"experimental", "vasopressin"} <= {notice.code for notice in result.notices}
    assert "plasma.oxytocin_concentration" not in result.recorded.variables


def test_the_terminals_of_vasopressin_release_with_exponent_three() -> None:
    def exponent(*changes: str) -> int:
        parts = assemble(small("vasopressin_phasic", changes)).wiring.parts
        (gland,) = (part.component for part in parts if part.room == "secretion")
        assert gland is not None
        return int(gland.settings.release_exponent)

    assert exponent() == 3
    assert exponent("body.secretion.settings.release_exponent=2") == 2
    assert exponent("body.neurons.model=if-oxytocin", "body.neurons.set=[oxytocin-2018]") == 2


def test_opioids_lower_firing_secretion_and_plasma() -> None:
    def levels(*changes: str) -> list[float]:
        result = simulate(loads_scenario(REST, changes))
        ports = ("neurons.firing_rate", "secretion.gland_rate", "plasma.oxytocin_concentration")
        return [float(np.nanmean(data(result, port)[0])) for port in ports]

    plain = levels()
    mu = levels("body.modulators.parameters.mu_opioid_occupancy=0.5")
    kappa = levels("body.modulators.parameters.kappa_activity=1")
    blocked = levels(
        "body.modulators.parameters.mu_opioid_occupancy=0.5", "body.modulators.parameters.kappa_activity=1",
        "body.modulators.parameters.naloxone=1",
    )  # fmt: skip
    assert blocked == plain, "naloxone undoes both, to the bit"
    assert kappa[0] == plain[0]
    assert kappa[1] == pytest.approx(0.49 * plain[1], rel=0.05)
    assert all(low < 0.6 * usual for low, usual in zip(mu, plain, strict=True))


def test_what_a_cell_model_does_not_know_is_said() -> None:
    scenario = load_scenario("vasopressin_phasic")
    stimulated = dataclasses.replace(scenario, stimuli=load_scenario("antidromic_rat").stimuli)
    assert "forced_spikes_unheard" in {notice.code for notice in assemble(stimulated).notices}
    usual = assemble(load_scenario("antidromic_rat")).notices
    assert "forced_spikes_unheard" not in {notice.code for notice in usual}


OPTIONS = {
    "oxytocin, mRNA that decays, late": [
        "body.secretion.settings.synthesis=mrna",
        "body.secretion.settings.mrna_loss=decay",
        "body.secretion.parameters.synthesis_delay=1 min",
        "body.modulators.parameters.mu_opioid_occupancy=0.3",
        "body.modulators.parameters.kappa_activity=0.6",
    ],
    "vasopressin, unequal cells, synthesis by activity": [
        "body.neurons.model=if-vasopressin",
        "body.neurons.parameters.calcium_step_spread=0.09",
        "body.neurons.parameters.rate_heterogeneity=0.2",
        "body.secretion.settings.synthesis=activity",
    ],
}


@pytest.mark.parametrize("changes", OPTIONS.values(), ids=OPTIONS)
def test_an_interrupted_run_continues_bit_for_bit(
    changes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = loads_scenario(REST, ["duration=2 min", "body.neurons.cells=10", "engine.debug=true", *changes])
    whole = simulate(scenario)
    with monkeypatch.context() as patch:
        patch.setattr(_Run, "_pause", lambda self, t: t >= 70_000)
        with pytest.raises(Interrupted):
            simulate(scenario, save=tmp_path / "run")
    assert simulate(scenario, save=tmp_path / "run", resume=True).content_hash == whole.content_hash
