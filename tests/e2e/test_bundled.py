"""Every bundled scenario runs, means what it says, and continues after an interruption with the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knuffel import Result, bundled, load_scenario, simulate
from knuffel.assembly import assemble
from knuffel.errors import Interrupted
from knuffel.simulation import _Run

from .conftest import small

NAMES = bundled()


def data(result: Result, name: str) -> Any:
    return np.asarray(result.recorded.variables[name].data)


def test_the_promised_scenarios_are_bundled() -> None:
    promised = {"cck_rat", "hug_woman", "resting_man_4h", "infusion_man", "labour_infusion", "spike_train"}
    promised |= {"antidromic_rat", "osmotic_rat", "hh_channel_block", "depletion_rat", "vasopressin_phasic"}
    promised |= {"replay_recording", "month_of_hugs", "nursing_rat", "nursing_woman", "nursing_woman_stressed"}
    promised |= {"nursing_woman_network", "nursing_with_antagonist", "pump_session", "five_days_of_feeds"}
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_run_continues_bit_for_bit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small(name)
    whole = simulate(scenario)
    with monkeypatch.context() as patch:
        patch.setattr(_Run, "_pause", lambda self, t: t >= scenario.duration // 2)
        with pytest.raises(Interrupted, match="--resume"):
            simulate(scenario, save=tmp_path / "run")
    resumed = simulate(scenario, save=tmp_path / "run", resume=True)
    assert resumed.content_hash == whole.content_hash
    assert Result.open(tmp_path / "run").content_hash == whole.content_hash


def test_an_interrupted_run_with_every_option_continues_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {"shared_fraction": "0.5", "rate_noise_step": "2 Hz", "slow_psp_size": "0.2 mV"}
    changes = [f"body.neurons.parameters.{key}={value}" for key, value in parameters.items()]
    changes += ["body.neurons.settings.dendritic=true", "body.neurons.settings.slow_input=synchronous"]
    scenario = small("antidromic_rat", [*changes, "duration=3 min"])
    whole = simulate(scenario)
    with monkeypatch.context() as patch:
        patch.setattr(_Run, "_pause", lambda self, t: t >= 122_000)
        with pytest.raises(Interrupted):
            simulate(scenario, save=tmp_path / "run")
    assert simulate(scenario, save=tmp_path / "run", resume=True).content_hash == whole.content_hash


@pytest.mark.parametrize("name", NAMES)
def test_a_summary_has_values_units_and_evidence(name: str) -> None:
    result = simulate(small(name))
    summary = result.summary()
    assert summary
    spread = {"p05", "p95"} if len(result.attributes["subject_index"]) > 1 else set()
    for key, item in summary.items():
        assert set(item) == {"value", "unit", "evidence"} | spread, key
        assert item["unit"] and item["evidence"], key


HALVED = {
    "plasma.oxytocin_concentration": 5e-3,
    "plasma.carbetocin_concentration": 1e-9,
    "plasma.atosiban_concentration": 1e-9,
    "csf.oxytocin_concentration": 6e-5,
    "receptors.density": 2e-5,
    "receptors.coupled_fraction": 2e-4,
    "receptors.myometrium_effect": 1e-3,
    "uterus.activity": 1e-3,
    "circulation.map_change": 1e-3,
    "water.serum_sodium": 1e-7,
    "breast.milk_removed": 5e-3,
}
"""How far a level may move, as a share of its largest value, when every interval is halved.

About three times what was measured over all bundled scenarios. Plasma moved by 1.7e-3 (nursing_rat), since spikes and
pulses come at a moment and the interval spreads what they release. Without neurons it moved only where the clearance
changes after a birth, by 8e-4 (carbetocin_im): it changes at whole hours, and secretion takes it as a slope over the
step before. Drugs are exact. What follows plasma takes it as straight over an interval: cerebrospinal fluid 1.9e-5 and
blood pressure 4.1e-4 (steps of a minute), the effect at receptors 4.1e-4 (hug_woman), the uterus 3.6e-4. Receptors step
their own loss, 60 s at a time: coupling 5.5e-5, density 6e-6. The breast reads plasma every 10 s at the fidelity of
rates: milk 2.9e-3.
"""


@pytest.mark.parametrize("name", NAMES)
def test_halving_every_interval_changes_little(name: str) -> None:
    scenario = small(name)
    wiring = assemble(scenario).wiring
    every = [
        (part.room, length)
        for part, length in zip(wiring.parts, wiring.intervals, strict=True)
        if part.component is not None and part.room != "doses" and length
    ]
    changes = [f"engine.intervals.{room}={length // 2} ms" for room, length in every]
    assert changes, "every scenario has rooms with an interval; those called exact have a longest one"
    whole, half = simulate(scenario), simulate(small(name, changes))
    shared = [port for port in HALVED if port in whole.recorded.variables]
    for port in shared:
        coarse, fine = data(whole, port), data(half, port)
        assert np.abs(fine - coarse).max() <= HALVED[port] * np.abs(coarse).max(), port
    for port in {"plasma.oxytocin_concentration", "uterus.activity"} & set(shared):
        assert data(half, port) == pytest.approx(data(whole, port), rel=0.005), port


def test_who_clears_faster_responds_less() -> None:
    usual, fast = (
        data(simulate(small("labour_infusion", changes)), "uterus.activity")[0]
        for changes in ([], ["body.physiology.parameters.plasma.clearance=11400 mL/min"])
    )
    first_step = slice(20, 40)
    assert (fast[first_step] < 0.85 * usual[first_step]).all()


def test_changed_cells_move_the_resting_level_and_that_is_said() -> None:
    result = simulate(small("hug_woman", ["body.neurons.parameters.psp_rate=220 Hz"]))
    assert "gland_scale" in {notice.code for notice in result.notices}
    assert "gland_scale" not in {notice.code for notice in simulate(small("hug_woman")).notices}


def test_numbers_that_changed_since_the_checkpoint_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knuffel.assembly import Model
    from knuffel.errors import CompatibilityError

    scenario = small("infusion_man")
    simulate(scenario, save=tmp_path / "run")
    monkeypatch.setattr(Model, "hash", "other numbers")
    with pytest.raises(CompatibilityError, match="numbers hash"):
        simulate(scenario, save=tmp_path / "run", resume=True)


def test_another_seed_gives_another_run_and_the_same_seed_the_same() -> None:
    scenario = small("hug_woman")
    first, again, other = simulate(scenario), simulate(scenario), simulate(scenario, seed=2)
    assert first.content_hash == again.content_hash != other.content_hash


def test_a_man_at_rest_keeps_his_basal_concentration() -> None:
    plasma = data(simulate(small("resting_man_4h", ["body.neurons.cells=60"])), "plasma.oxytocin_concentration")
    assert plasma.mean() == pytest.approx(1.9, rel=0.05)


def test_an_infusion_reaches_rate_over_clearance_and_washes_out() -> None:
    result = simulate(small("infusion_man"))
    plasma = data(result, "plasma.oxytocin_concentration")[0]
    rise = 17_100 / 1118  # 10 mU/min of 1.71 ng, over the clearance of men in mL/min
    still_rising = 0.035  # after one hour; the slow half-life is 20 min
    assert plasma.max() == pytest.approx(1.9 + rise * (1 - still_rising), rel=0.01)
    assert 1.9 < plasma[-1] < 2.0  # the slow half-life is 20 min and 110 min have passed


def test_the_peak_of_a_bolus_is_recorded() -> None:
    scenario = load_scenario("infusion_man")
    dose = replace(scenario.doses[0], route="iv_bolus", segments=(), amounts=((630_000, 1.71e6),))
    plasma = data(simulate(replace(scenario, doses=(dose,))), "plasma.oxytocin_concentration")[0]
    assert plasma.max() == pytest.approx(1.9 + 1.71e6 / 6200, rel=1e-4)


def test_cholecystokinin_raises_firing_and_plasma_in_the_rat() -> None:
    result = simulate(small("cck_rat", ["body.neurons.cells=100"]))
    time, plasma = data(result, "time"), data(result, "plasma.oxytocin_concentration")[0]
    before, after = plasma[time < 600_000].mean(), plasma[(time > 600_000) & (time < 1_200_000)].max()
    assert 20 < before < 26
    assert 1.7 < after / before < 2.6


def test_stimulation_of_the_stalk_releases_as_tabulated_and_silences_the_neurons() -> None:
    result = simulate(small("antidromic_rat", ["body.neurons.cells=100", "duration=3 min"]))
    time, gland = data(result, "time"), data(result, "secretion.gland_rate")[0]
    rest = gland[(time > 0) & (time <= 120_000)].mean()
    assert (gland[(time > 120_000) & (time <= 130_000)] - rest).sum() == pytest.approx(4203, rel=0.05)
    assert np.unique(data(result, "stimuli.forced_spike.time")).size == 200
    spikes, cell = data(result, "neurons.spike.time"), data(result, "neurons.spike.index")
    end = 124_010  # the last spike reaches the soma 10 ms after the last stimulus
    pauses = [spikes[(cell == place) & (spikes > end)].min() - end for place in range(100)]
    assert min(pauses) > 800
    assert 1000 < np.median(pauses) < 2500


def test_osmotic_stimulation_raises_firing_from_two_to_nine() -> None:
    result = simulate(small("osmotic_rat", ["body.neurons.cells=50"]))
    time, rate = data(result, "time"), data(result, "neurons.firing_rate")[0]
    assert rate[(time > 0) & (time <= 600_000)].mean() == pytest.approx(1.8, abs=0.1)
    assert rate[(time > 1_800_000) & (time <= 2_400_000)].mean() == pytest.approx(9, rel=0.05)
    assert rate[time > 3_300_000].mean() < 2.3


def test_alpha_msh_without_dendrites_is_said_and_with_them_releases() -> None:
    stimulus = ["stimuli[0].kind=alpha_msh", "stimuli[0].start=1 min", "duration=2 min", "observe.samples=[]"]
    without = simulate(small("cck_rat", stimulus))
    assert "dendritic" in {notice.code for notice in without.notices}
    with_them = simulate(small("cck_rat", [*stimulus, "body.neurons.settings.dendritic=true"]))
    assert data(with_them, "stimuli.dendritic_release.fraction").tolist() == [0.1]
    (notice,) = [notice for notice in with_them.notices if notice.code == "dendritic"]
    assert "assumption" in notice.message


def test_a_slope_is_a_change_of_the_psp_rate_of_the_cell_in_use() -> None:
    ramp = ["stimuli[0].kind=ramp", "stimuli[0].start=0 s", "stimuli[0].duration=1 min", "stimuli[0].slope=5 Hz/s"]
    result = simulate(
        small("cck_rat", [*ramp, "duration=1 min", "observe.samples=[]", "body.neurons.set=spikemod-2017like"])
    )
    gain = data(result, "stimuli.excitation_gain")[0]
    assert gain[[0, 3, 6]] == pytest.approx([1, 1 + 5 * 30 / 300, 1 + 5 * 60 / 300])


def test_a_hug_raises_oxytocin_a_little() -> None:
    result = simulate(small("hug_woman", ["body.neurons.cells=400"]))
    start = result.attributes["stimuli"][0]["start"]
    time, plasma = data(result, "time"), data(result, "plasma.oxytocin_concentration")[0]
    before = plasma[(time <= start)].mean()
    after = plasma[(time > start + 120_000) & (time < start + 420_000)].mean()
    assert 1.05 < after / before < 1.13


def test_labour_under_a_stepwise_infusion_contracts_more() -> None:
    result = simulate(small("labour_infusion"))
    activity, contractions = data(result, "uterus.activity")[0], data(result, "uterus.contraction.time")
    assert activity[-1] > 1.5 * activity[1]
    trace = result.tocograph(3600, 3660)
    assert len(trace.time) == 600 and trace.pressure.max() < 150
    assert np.array_equal(result.tocograph(3630, 3640).pressure, trace.pressure[300:400])
    hours = result.attributes["duration_ms"] / 3_600_000
    assert 6 * hours < len(contractions) < 36 * hours


def test_neurons_without_sk_channels_fire_faster() -> None:
    usual = ["body.neurons.parameters.hh_sk_conductance=0.45 mS/cm^2"]
    blocked, control = (data(simulate(small("hh_channel_block", c)), "neurons.firing_rate").mean() for c in ([], usual))
    assert 1.8 < control < 2.4
    assert blocked > 2 * control


def test_prescribed_spikes_secrete_as_in_the_table() -> None:
    result = simulate(small("spike_train", ["engine.warm_up=0 s"]))
    time, rate = data(result, "time") / 1000, data(result, "secretion.gland_rate")[0]
    until = time <= 200  # 100 s of silence, 60 s of spikes, 40 s of silence
    total = np.nansum((rate[1:] * np.diff(time))[until[1:]])
    assert total == pytest.approx(7288, rel=0.02)
    spikes = data(result, "neurons.spike.time")
    per_cell = len(spikes) / result.attributes["cells"]
    assert per_cell == 780
