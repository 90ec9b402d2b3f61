"""Mistakes in the population block: where, what was found, what is allowed, and what was probably meant."""

from __future__ import annotations

import pytest

from knuffel.assembly import assemble
from knuffel.errors import ScenarioError
from tests.population.cohorts import INFUSION, scenario

CASES = [
    ("population.n=0", "population.n", "number of subjects", "1 to 100000"),
    ("population.n=1e3", "population.n", "whole number", "for instance 100"),
    ("population.number=5", "population.number", "unknown key", "n"),
    ("population.spread=plasma.clearence", "population.spread[0]", "no such parameter", "did you mean"),
    ("population.spread=uterus.oxytocin_sensitivity", "population.spread[0]", "no model and no dose of this", "all"),
    ("population.spread=plasma.peripheral_volume", "population.spread[0]", "no spread", "population.spreads"),
    ("population.spread=[plasma.clearance, plasma.clearance]", "population.spread[1]", "twice", ""),
    ("population.spreads.plasma.clearance=-1", "population.spreads.plasma.clearance", "variation", "0 to 10"),
    ("population.spreads.plasma.clearance=5 kg", "population.spreads.plasma.clearance", "unit", "number without"),
    ("population.spreads.plasma.clearence=5 %", "population.spreads.plasma.clearence", "no such", "did you mean"),
    (
        "population.correlations=[{of: plasma.clearance, with: plasma.clearance, r: 0.1}]",
        "population.correlations[0].with",
        "with itself",
        "",
    ),
    (
        "population.correlations=[{of: plasma.clearance, with: plasma.central_volume, r: 1}]",
        "population.correlations[0].r",
        "correlation",
        "below 1",
    ),
    (
        "population.correlations=[{of: plasma.clearance, with: plasma.volume, r: 0.1}]",
        "population.correlations[0].with",
        "no such parameter",
        "plasma.",
    ),
    ("population.correlations=[{of: plasma.clearance, r: 0.1}]", "population.correlations[0]", "", ""),
    ("population.covariates.weight={median: 70 kg}", "population.covariates.weight", "distribution", "median and cv"),
    ("population.covariates.weight={from: 90 kg, to: 50 kg}", "population.covariates.weight.to", "above", "90"),
    ("population.covariates.weight.median=200 kg", "population.covariates.weight.median", "outside", "50 to 110 kg"),
    ("population.covariates.weight.median=70 m", "population.covariates.weight.median", "unit", "kg"),
    ("population.covariates.weight.median=0 kg", "population.covariates.weight.median", "possible", "above 0"),
    ("population.covariates.weight={values: [60 kg, 70 kg]}", "population.covariates.weight.values", "every", "40"),
    ("population.covariates.height={from: 1, to: 2}", "population.covariates.height", "unknown key", "weight"),
    ("population.covariates.gestational_week={from: 37, to: 41}", "population.covariates.gestational_week",
     "no gestational week", "state: pregnant"),
    ("population.covariates.days_postpartum={from: 0, to: 3}", "population.covariates.days_postpartum",
     "no birth", "lactating"),
    ("population.spread=physiology.oxytocinase_rise", "population.spread[0]", "no spread", "population.spreads"),
    ("population.covariates.sex.female=120 %", "population.covariates.sex.female", "share", "100 %"),
    ("subject.count=4", "subject.count", "how many", "population.n"),
    ("subject.weight=60 kg", "population.covariates.weight", "distributed", "one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "message", "allowed"), CASES)
def test_a_mistake_is_named(change, key, message, allowed):
    with pytest.raises(ScenarioError) as caught:
        scenario([change])
    (problem,) = caught.value.problems
    assert problem.key.startswith(key)
    assert message in problem.message
    assert allowed in str(problem)


def test_a_place_in_the_file_is_given():
    text = INFUSION.replace("n: 40", "n: 40\n  spread: [plasma.clearance, plasma.clearanse]")
    with pytest.raises(ScenarioError) as caught:
        scenario(text=text)
    (problem,) = caught.value.problems
    line = next(number for number, item in enumerate(text.splitlines(), 1) if "clearanse" in item)
    assert (problem.line, problem.suggestion) == (line, "plasma.clearance")


@pytest.mark.parametrize("name", ["renal_function", "hepatic_function"])
def test_a_function_that_no_model_reads_is_refused(name):
    change = f"population.covariates.{name}={{mean: 0.6, sd: 0.15}}"
    levels = "{basal_concentration: 1.9 pg/mL, clearance: 20 mL/s}"
    off = [f"body.physiology={{mode: prescribed, outputs: {levels}}}", "population.covariates={}"]
    with pytest.raises(ScenarioError) as caught:
        scenario([*off, change])
    assert "no model of this scenario uses it" in str(caught.value)


def test_correlations_that_contradict_each_other():
    names = ("plasma.clearance", "plasma.central_volume", "plasma.distribution_clearance")
    pairs = [(names[0], names[1], 0.9), (names[1], names[2], 0.9), (names[0], names[2], -0.9)]
    text = ", ".join(f"{{of: {first}, with: {second}, r: {r}}}" for first, second, r in pairs)
    with pytest.raises(ScenarioError, match="contradict"):
        scenario([f"population.correlations=[{text}]"])


def test_two_spreads_for_one_difference():
    change = "population.spread=[physiology.receptor_density, uterus.oxytocin_sensitivity]"
    with pytest.raises(ScenarioError, match="same difference"):
        scenario([change, "subject.state=term"])


def test_a_mixed_cohort_has_no_rooms_of_women_and_no_state_of_theirs():
    mixed = "population.covariates.sex.female=50 %"
    for change, message in (
        ("body.receptors.mode=model", "men in the cohort"),
        ("subject.state=term", "only females"),
        ("subject.kinetics=human_men", "their own set"),
    ):
        with pytest.raises(ScenarioError, match=message):
            scenario([mixed, change])


def test_a_parameter_at_zero_cannot_spread():
    with pytest.raises(ScenarioError, match="above zero"):
        scenario(["population.spreads.plasma.gland_delay=10 %"])


@pytest.mark.parametrize(
    "form",
    ["{mean: 70 kg, sd: 9 kg}", "{from: 60 kg, to: 80 kg}", "{values: [60 kg, 70 kg]}", "{median: 70 kg, cv: 0}"],
)
def test_every_form_of_a_covariate_can_be_hashed_and_drawn(form):
    item = scenario(["population.n=2", f"population.covariates.weight={form}"])
    assert len(item.hash) == 64
    weight = assemble(item).subjects.weight
    assert ((weight >= 50) & (weight <= 100)).all()


def test_values_and_defaults_are_read():
    spec = scenario(["population.n=2", "population.covariates.weight={values: [60 kg, 70 kg]}"]).population
    assert spec.covariates["weight"].values == (60.0, 70.0)
    assert spec.spread == "all"
    assert spec.correlations == (("plasma.central_volume", "plasma.clearance", 0.4),)
    none = scenario(["population.spread=none"]).population
    assert (none.spread, none.listed) == ("none", ())
    listed = scenario(["population.spread=[plasma.clearance, plasma.central_volume]"]).population
    assert (listed.spread, listed.listed) == ("listed", ("plasma.central_volume", "plasma.clearance"))
    own = "[{of: plasma.clearance, with: plasma.central_volume, r: 0}]"
    assert scenario([f"population.correlations={own}"]).population.correlations == ()
    assert scenario(["population.covariates.weight={mean: 70 kg, sd: 9 kg}"]).population.covariates["weight"].low == 0.3
    days = ["subject.state=lactating", "population.covariates.days_postpartum={from: 0, to: 3 days}"]
    assert scenario(days).population.covariates["days_postpartum"].high == 3
