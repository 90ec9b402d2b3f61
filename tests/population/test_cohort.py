"""The subjects of a scenario: what is drawn for them, whatever else is drawn and however many there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from knuffel import simulate
from knuffel.evidence import load
from knuffel.evidence.entries import Parameter
from knuffel.evidence.resolve import Resolved, resolve
from knuffel.population import PopulationSpec, draw_cohort
from knuffel.population.cohort import spreads_in_use
from tests.population.cohorts import INFUSION, model, scenario

IDS = (
    "plasma.clearance",
    "plasma.central_volume",
    "plasma.distribution_clearance",
    "plasma.peripheral_volume",
    "physiology.basal_concentration",
)
CORRELATIONS = (("plasma.central_volume", "plasma.clearance", 0.4),)
# Four standard errors of a variance or a correlation of 20,000 numbers.
MANY = 20_000
CLOSE = 4 * np.sqrt(2 / MANY)


def cohort(*, n=MANY, sets=("human_women_np",), state="resting", index=None, typical=None, **given):
    spec = PopulationSpec(n=n, correlations=CORRELATIONS, **given)
    typical = {"female": resolve(IDS, sets)[0]} if typical is None else typical
    ids = {name for numbers in typical.values() for name in numbers}
    return draw_cohort(spec, typical, ids, species="human", state=state, sex="female", seed=5, index=index)


def cv(values):
    return np.sqrt(np.exp(np.log(values).var()) - 1)


def test_marginal_spreads_and_the_correlation_of_20_000():
    found = cohort()
    value = {name: item.value for name, item in found.parameters.items()}
    for name, wanted in (("clearance", 0.24), ("central_volume", 0.25), ("distribution_clearance", 0.4)):
        assert cv(value[f"plasma.{name}"]) == pytest.approx(wanted, rel=3 * CLOSE)
    assert np.median(value["plasma.clearance"]) == pytest.approx(1300, rel=0.01)
    logs = np.log([value["plasma.clearance"], value["plasma.central_volume"], value["plasma.distribution_clearance"]])
    matrix = np.corrcoef(logs)
    assert matrix[0, 1] == pytest.approx(0.4, abs=CLOSE)
    assert matrix[0, 2] == pytest.approx(0, abs=CLOSE)


def test_tissues_take_the_factor_of_the_central_volume():
    value = cohort(n=50).parameters
    v1, v2 = value["plasma.central_volume"].value, value["plasma.peripheral_volume"].value
    assert v2 / 6100 == pytest.approx(v1 / 6200, rel=1e-12)
    assert "plasma.peripheral_volume" not in cohort(n=50).spreads


def test_the_resting_level_is_drawn_secretion_over_drawn_clearance():
    value = cohort().parameters
    level, clearance = value["physiology.basal_concentration"].value, value["plasma.clearance"].value
    secretion = level * clearance
    assert cv(secretion) == pytest.approx(0.35, rel=3 * CLOSE)
    assert np.corrcoef(np.log(secretion), np.log(clearance))[0, 1] == pytest.approx(0, abs=CLOSE)
    assert np.corrcoef(np.log(level), np.log(clearance))[0, 1] < -0.4
    only = cohort(n=50, spread="listed", listed=("plasma.clearance",)).parameters
    fixed = only["physiology.basal_concentration"].value * only["plasma.clearance"].value
    assert fixed == pytest.approx(1.9 * 1300, rel=1e-12)


def test_a_subject_is_the_same_alone_and_in_any_cohort():
    every = cohort(n=300)
    for index in (np.array([217]), np.arange(218), np.array([0, 217, 5])):
        some = cohort(n=300, index=index)
        for name, item in some.parameters.items():
            assert item.value.tobytes() == every.parameters[name].value[index].tobytes(), name
    larger = cohort(n=1000)
    for name, item in every.parameters.items():
        assert item.value.tobytes() == larger.parameters[name].value[:300].tobytes(), name


def test_what_else_is_drawn_does_not_matter():
    every = cohort(n=100).parameters
    few = cohort(n=100, spread="listed", listed=("plasma.central_volume",)).parameters
    assert set(few) == {"plasma.central_volume", "plasma.peripheral_volume"}
    assert few["plasma.central_volume"].value.tobytes() == every["plasma.central_volume"].value.tobytes()
    none = cohort(n=100, spread="none")
    assert none.parameters == {}
    own = cohort(n=100, spread="none", cvs={"plasma.clearance": 0.24}).parameters
    assert own["plasma.clearance"].value.tobytes() == every["plasma.clearance"].value.tobytes()


def test_a_spread_of_ones_own_replaces_that_of_the_evidence():
    found = cohort(cvs={"plasma.clearance": 0.33})
    assert cv(found.parameters["plasma.clearance"].value) == pytest.approx(0.33, rel=3 * CLOSE)
    still = cohort(n=50, cvs={"plasma.clearance": 0.0}).parameters["plasma.clearance"].value
    assert still.tolist() == [1300.0] * 50


def test_a_spread_stays_inside_the_bounds_of_its_parameter():
    entry = Parameter("plasma.share", 0.8, "1", "a share", bounds=(0.0, 1.0), spread={"kind": "lognormal", "cv": 0.25})
    capped = replace(entry, id="plasma.other", spread={"kind": "lognormal", "cv": 0.25, "at_most": 0.9})
    typical = {"female": {item.id: Resolved(item, 0.8, "1", "assumed", ()) for item in (entry, capped)}}
    found = cohort(typical=typical).parameters
    assert 0.99 < found["plasma.share"].value.max() <= 1
    assert 0.89 < found["plasma.other"].value.max() <= 0.9
    assert np.unique(found["plasma.share"].value).size == MANY


def test_a_shared_factor_reaches_only_what_is_in_use():
    placental = Parameter("plasma.placental_clearance", 4400.0, "mL/min", "placenta", bounds=(0.0, 1e6))
    typical = dict(resolve(IDS, ["term_A"])[0])
    assert "plasma.placental_clearance" not in cohort(n=20, typical={"female": typical}).parameters
    typical[placental.id] = Resolved(placental, 4400.0, "mL/min", "assumed", ())
    value = cohort(n=20, typical={"female": typical}).parameters
    factor = value["plasma.clearance"].value / 1300
    assert value[placental.id].value == pytest.approx(4400 * factor, rel=1e-12)


def test_oxytocinase_goes_along_with_clearance_in_pregnancy_and_with_nothing_else():
    pairs = (*CORRELATIONS, ("physiology.oxytocinase_rise", "plasma.clearance", 0.4))
    spec = PopulationSpec(n=MANY, correlations=pairs)
    ids = {*IDS, "physiology.oxytocinase_rise"}
    typical = {"female": resolve(ids, ["term_A"])[0]}
    found = draw_cohort(spec, typical, ids, species="human", state="term", sex="female", seed=5).parameters
    activity, clearance = found["physiology.oxytocinase_rise"].value, found["plasma.clearance"].value
    assert cv(clearance) == pytest.approx(0.33, rel=3 * CLOSE)
    assert cv(activity) == pytest.approx(0.9, rel=4 * CLOSE)
    assert np.corrcoef(np.log(activity), np.log(clearance))[0, 1] == pytest.approx(0.4, abs=CLOSE)
    resting = draw_cohort(spec, typical, ids, species="human", state="resting", sex="female", seed=5).parameters
    assert "physiology.oxytocinase_rise" not in resting
    # The names sort in another order than without it: volume and clearance keep their correlation.
    logs = np.log([found["plasma.clearance"].value, found["plasma.central_volume"].value])
    assert np.corrcoef(logs)[0, 1] == pytest.approx(0.4, abs=CLOSE)


def test_oxytocinase_is_seen_and_moves_no_level():
    term = ["subject.state=term", "doses=[]", "duration=1 h", "population.covariates={}"]
    run = simulate(scenario(term))
    assert np.ptp(np.asarray(run.recorded.variables["physiology.oxytocinase_activity"].data)[:, -1]) > 1
    assert "subject.physiology.oxytocinase_rise" in run.recorded.variables
    drawn = "[plasma.clearance, physiology.basal_concentration, plasma.central_volume, plasma.distribution_clearance]"
    without = simulate(scenario([*term, f"population.spread={drawn}"]))
    assert "subject.physiology.oxytocinase_rise" not in without.recorded.variables
    level = "plasma.oxytocin_concentration"
    assert np.array_equal(run.recorded.variables[level].data, without.recorded.variables[level].data)


def test_receptors_of_pregnancy_take_the_factor_of_the_density():
    ids = [f"physiology.{name}receptor_density" for name in ("", "early_", "late_")]
    typical, _ = resolve(ids, ["pregnancy_A"])
    found = cohort(n=50, typical={"female": typical}, sets=())
    factors = [found.parameters[name].value / typical[name].value for name in ids]
    assert factors[1] == pytest.approx(factors[0], rel=1e-12)
    assert factors[2] == pytest.approx(factors[0], rel=1e-12)


def test_the_uterus_takes_the_place_of_its_receptors():
    spec = PopulationSpec(n=5)
    ids = ["physiology.receptor_density", "uterus.oxytocin_sensitivity"]
    typical, _ = resolve(ids, ["term_A"])
    assert list(spreads_in_use(spec, typical, ids, "human", "term")) == ["uterus.oxytocin_sensitivity"]
    assert list(spreads_in_use(spec, typical, ids[:1], "human", "term")) == ["physiology.receptor_density"]


def test_every_spread_of_the_evidence_can_be_read_and_what_it_names_is_known():
    known = load.parameters()
    for item in [*known.values(), *(entry for one in load.sets().values() for entry in one.parameters.values())]:
        for key in ("shared", "divided_by", "not_with"):
            for name in item.spread.get(key, ()):
                assert name in known, (item.id, name)


def test_a_run_is_the_same_for_a_subject_whatever_the_cohort():
    few, many = simulate(scenario(["population.n=3"])), simulate(scenario())
    for name, variable in few.recorded.variables.items():
        if variable.dims[0] == "subject":
            assert np.asarray(variable.data).tobytes() == np.asarray(many.recorded.variables[name].data)[:3].tobytes()
    assert simulate(scenario()).content_hash == many.content_hash


def test_a_run_follows_the_clearance_of_each_subject():
    run = simulate(scenario(["doses=[]", "duration=1 h"]))
    held = {name: np.asarray(item.data) for name, item in run.recorded.variables.items()}
    level = held["subject.physiology.basal_concentration"]
    size = np.minimum(held["subject.weight"] / 70, 1.2) ** 0.75
    clearance = held["subject.plasma.clearance"] * size
    assert held["plasma.oxytocin_concentration"][:, -1] == pytest.approx(level, rel=1e-9)
    assert held["secretion.rate"][:, -1] == pytest.approx(level * clearance / 60, rel=1e-9)
    assert np.ptp(held["physiology.typical_clearance"]) == 0
    assert run.dataset["subject.weight"].dims == ("subject",)
    assert run.dataset["subject.weight"].attrs["units"] == "kg"
    facts = run.attributes["population"]
    assert facts["n"] == 40
    assert {item["id"]: round(item["cv"], 6) for item in facts["parameters"]}["plasma.clearance"] == 0.24


def test_the_order_of_keys_does_not_matter():
    other = INFUSION.replace("  n: 40\n", "").replace("to: 110 kg}\n", "to: 110 kg}\n  n: 40\n")
    other = other.replace("cv: 15 %, from: 50 kg, to: 110 kg", "to: 110 kg, from: 50 kg, cv: 15 %")
    assert other != INFUSION
    assert scenario(text=other).hash == scenario().hash
    assert model(text=other).hash == model().hash
    pairs = "[{of: plasma.clearance, with: plasma.central_volume, r: 0.6}, {of: %s, with: %s, r: -0.2}]"
    names = ("plasma.distribution_clearance", "plasma.clearance")
    forth, back = (scenario([f"population.correlations={pairs % order}"]) for order in (names, names[::-1]))
    assert forth.hash == back.hash != scenario().hash


MIXED = ["population.covariates.sex.female=40 %", "population.n=400"]


def test_women_and_men_in_one_cohort():
    drawn = model(MIXED)
    women = drawn.cohort.female
    assert 0.3 < women.mean() < 0.5
    clearance = drawn.cohort.parameters["plasma.clearance"]
    assert set(clearance.typical) == {1118.0, 1300.0}
    assert (clearance.typical[women] == 1300).all()
    assert np.median(clearance.value[women]) > np.median(clearance.value[~women])
    ratio = np.log(clearance.value / clearance.typical)
    assert ratio[women].std() == pytest.approx(0.237, rel=0.25)
    assert ratio[~women].std() == pytest.approx(0.198, rel=0.25)
    assert drawn.subjects.sex == "mixed"
    assert np.array_equal(drawn.subjects.male(), ~women)
    assert scenario(MIXED).rooms["receptors"].mode == "off"
    alone = model([*MIXED[:1], "population.n=7"]).cohort
    assert alone.parameters["plasma.clearance"].value.tobytes() == clearance.value[:7].tobytes()
    still = model([*MIXED, "population.spread=none"]).cohort.parameters
    assert set(still["plasma.clearance"].value) == {1118.0, 1300.0}


def test_a_share_of_one_or_none_is_a_cohort_of_one_sex():
    assert scenario(["population.covariates.sex.female=0"]).subject.sex == "male"
    assert scenario(["population.covariates.sex.female=0"]).subject.kinetics == "human_men"
    assert scenario(["population.covariates.sex.female=100 %", "subject.sex=male"]).subject.sex == "female"


def test_a_mixed_run_cites_both_sexes_and_marks_them():
    run = simulate(scenario([*MIXED, "population.n=20", "duration=3 h"]))
    assert {"de_groot_1995", "thornton_1990"} <= set(run.attributes["citations"])
    female = np.asarray(run.recorded.variables["subject.female"].data)
    assert set(female) == {0.0, 1.0}
    origins = {item["origin"] for item in run.attributes["parameters"] if item["id"] == "plasma.clearance"}
    assert origins == {"set human_men", "set human_women_np"}


def test_days_since_the_birth_count_on_from_each_start():
    changes = ["subject.state=lactating", "population.covariates.days_postpartum={from: 2, to: 9}", "body.breast=off"]
    run = simulate(scenario([*changes, "body.pulses=off", "duration=3 h"]))
    days = np.asarray(run.recorded.variables["physiology.days_postpartum"].data)
    start = np.asarray(run.recorded.variables["subject.days_postpartum"].data)
    assert np.ptp(start) > 3
    assert days[:, -1] == pytest.approx(start + 3 / 24, rel=1e-12)


def test_days_and_weeks_of_women_after_a_birth():
    covariates = "{days_postpartum: {from: 0, to: 10}, gestational_week: {from: 30, to: 41}}"
    changes = ["subject.state=postpartum", f"population.covariates={covariates}", "duration=3 h"]
    held = simulate(scenario(changes)).recorded.variables
    assert np.ptp(np.asarray(held["physiology.pregnancy_factor"].data)[:, 0]) > 0.5
    assert np.ptp(np.asarray(held["subject.gestational_week"].data)) > 5


def test_weeks_of_pregnancy_reach_the_subjects():
    drawn = model(["subject.state=term", "population.covariates.gestational_week={from: 37, to: 41}"])
    assert 37 <= drawn.subjects.gestational_week.min() < 38 < 40 < drawn.subjects.gestational_week.max() <= 41
    assert drawn.subjects.weight.max() <= 110
