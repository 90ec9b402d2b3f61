import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.engine.random import Streams
from knuffel.engine.store import Recorded, Variable
from knuffel.evidence import load
from knuffel.observe.assay import measure
from knuffel.observe.sampling import observations, reported_factor, sampling_notices
from knuffel.scenario.model import SampleSpec

STREAMS = Streams(7, "observe")


def series_of(name: str, assay: str, **more: object) -> SampleSpec:
    return SampleSpec(name, assay, "plasma.oxytocin_concentration", (), **more)


def report(truth, assay, subjects, series="a", seed=7):
    truth = np.atleast_2d(truth)
    return measure(truth, load.assays()[assay], Streams(seed, "observe"), series=series, subjects=subjects)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_truth_is_exact(levels):
    result = report(levels, "truth", [3])
    assert np.array_equal(result.value[0], levels)
    assert not result.censored.any()
    assert not result.below_loq.any()


def test_extracted_assay_is_censored_below_its_limit():
    preset = load.assays()["ria_extracted"]
    assert preset.lod == 1.0
    result = report(np.geomspace(0.1, 20, 200), "ria_extracted", [0])
    assert result.censored[0, 0] == 1
    assert (result.value >= 1.0).all()
    assert (result.value[result.censored == 1] == 1.0).all()
    flagged = result.below_loq == 1
    assert flagged.any()
    assert (result.value[flagged] < preset.loq).all()
    assert not (result.censored & result.below_loq).any()


def test_extracted_assay_is_recovery_corrected_in_the_median():
    people = np.arange(4000)
    corrected = report(np.full((4000, 1), 50.0), "ria_extracted", people).value
    raw = report(np.full((4000, 1), 50.0), "ria_extracted_uncorrected", people).value
    assert np.median(corrected) == pytest.approx(50, rel=0.02)
    assert np.median(raw) == pytest.approx(50 * load.assays()["ria_extracted"].recovery, rel=0.02)
    preset = load.assays()["ria_extracted"]
    assert np.log(corrected).std() == pytest.approx(np.hypot(preset.cv_inter, preset.cv_intra), rel=0.05)


def test_unextracted_assay_reads_a_hundred_times_higher_without_relation():
    from scipy.stats import spearmanr

    people = np.arange(400)
    truth = 2.0 * np.exp(0.38 * Streams(1)("level").normal(0, subject=people))[:, np.newaxis]
    high = report(truth, "eia_unextracted", people).value[:, 0]
    low = report(truth, "ria_extracted", people).value[:, 0]
    assert np.median(high) / np.median(low) > 100
    assert abs(spearmanr(low, high).statistic) < 0.35


def test_a_person_keeps_the_interference():
    first = report(np.zeros((1, 500)), "eia_unextracted", [11], series="before").value
    second = report(np.zeros((1, 500)), "eia_unextracted", [11], series="after").value
    preset = load.assays()["eia_unextracted"]
    assert np.log(first).std() == pytest.approx(preset.cv_intra, rel=0.15)
    assert abs(np.log(np.median(first) / np.median(second))) < 4 * preset.cv_inter
    assert not np.array_equal(first, second)


@given(st.permutations(list(range(6))))
def test_order_and_company_do_not_matter(order):
    levels = np.linspace(1, 20, 24).reshape(6, 4)
    together = report(levels, "eia_extracted", range(6))
    shuffled = report(levels[order], "eia_extracted", order)
    assert np.array_equal(shuffled.value, together.value[order])
    alone = report(levels[2], "eia_extracted", [2])
    assert np.array_equal(alone.value[0], together.value[2])


def test_seeds_differ_and_a_missing_sample_stays_missing():
    levels = np.array([[5.0, np.nan, 6.0]])
    one, two = (report(levels, "ria_extracted", [0], seed=seed) for seed in (1, 2))
    assert np.isnan(one.value[0, 1])
    assert one.censored[0, 1] == 0
    assert one.value[0, 0] != two.value[0, 0]


def test_observations_add_values_and_flags_for_each_series():
    truth = np.array([[0.5, 3.0], [9.0, 20.0]])
    variables = {
        f"sample.{name}.truth": Variable(f"sample.{name}.truth", ("subject", f"sample.{name}"), "pg/mL", "x", truth)
        for name in ("early", "late")
    }
    found = observations(
        Recorded(variables, {"subject_index": [4, 9]}),
        [series_of("early", "truth"), series_of("late", "ria_extracted")],
        STREAMS,
    )
    by_name = {item.name: item for item in found}
    assert len(by_name) == 6
    assert np.array_equal(by_name["sample.early.value"].data, truth)
    assert by_name["sample.late.value"].unit == "pg/mL"
    assert by_name["sample.late.value"].dims == ("subject", "sample.late")
    assert "ria_extracted" in by_name["sample.late.value"].long_name
    assert by_name["sample.late.censored"].data.tolist() == [[1, 0], [0, 0]]
    assert observations(Recorded({}, {}), [], STREAMS) == []


def observed(level, *, activity=None, assay="truth", count=1, **more):
    variables = {"sample.a.truth": Variable("sample.a.truth", ("subject", "sample.a"), "pg/mL", "x", level)}
    if activity is not None:
        name = "sample.a.oxytocinase_activity"
        variables[name] = Variable(name, ("subject", "sample.a"), "IU/mL", "x", activity)
    series = [series_of("a", assay, **more)]
    found = observations(Recorded(variables, {"subject_index": list(range(count))}), series, STREAMS)
    return found, sampling_notices(found, series)


@pytest.mark.parametrize("tube", ["heparin", "serum"])
def test_oxytocinase_goes_on_in_the_tube(tube):
    level, activity = np.array([[10.0, 20.0]]), np.array([[2.1, 0.1]])
    (value, *_), _ = observed(level, activity=activity, tube=tube, held=1_800_000)
    assert value.data == pytest.approx(level * np.exp(-0.02 * activity * 30), rel=1e-12)
    (outside, *_), _ = observed(level, tube=tube, held=1_800_000)
    assert outside.data == pytest.approx(level * np.exp(-0.02 * 0.05 * 30), rel=1e-12)
    assert tube in value.long_name


@pytest.mark.parametrize(("tube", "held"), [("edta", 86_400_000), ("inhibitor", 86_400_000), ("heparin", 0)])
def test_these_tubes_keep_what_they_hold(tube, held):
    level = np.array([[10.0, 20.0]])
    (value, *_), _ = observed(level, activity=np.full((1, 2), 2.1), tube=tube, held=held)
    assert np.array_equal(value.data, level)


def test_the_tube_comes_before_the_limit_of_detection():
    (value, censored, _), _ = observed(np.full((1, 50), 2.0), assay="ria_extracted", tube="serum", held=36_000_000)
    assert not censored.data.any()
    activity = np.full((1, 50), 2.1)
    (value, censored, _), (notice,) = observed(
        np.full((1, 50), 2.0), activity=activity, assay="ria_extracted", tube="serum", held=36_000_000
    )
    assert censored.data.all() and (value.data == 1).all()
    assert notice.code == "all_censored"


@pytest.mark.parametrize(
    ("unit", "more", "factor"),
    [
        ("pg/mL", {}, 1),
        ("uU/mL", {}, 1 / 1.71),
        ("uU/mL", {"ug_per_iu": 2.2}, 1 / 2.2),
        ("pmol/L", {}, 0.99286),
    ],
)
def test_the_report_is_converted_and_the_errors_are_the_same(unit, more, factor):
    level = np.linspace(0.5, 30, 40)[np.newaxis]
    plain, _ = observed(level, assay="ria_extracted")
    found, _ = observed(level, assay="ria_extracted", unit=unit, **more)
    assert found[0].unit == unit
    assert found[0].data == pytest.approx(plain[0].data * factor, rel=1e-5)
    assert np.array_equal(found[1].data, plain[1].data)
    assert np.array_equal(found[2].data, plain[2].data)


def test_an_old_assay_has_units_of_its_own():
    old = reported_factor(series_of("a", "ria_direct_old", unit="uU/mL"))
    assert old == pytest.approx(1 / load.assays()["ria_direct_old"].ug_per_iu)
    assert reported_factor(series_of("a", "ria_direct_old", unit="uU/mL", ug_per_iu=1.71)) == pytest.approx(1 / 1.71)


def test_gain_multiplies_what_is_oxytocin_and_not_what_interferes():
    level = np.full((1, 10), 20.0)
    once, three, nothing = (
        observed(truth, assay="eia_extracted", gain=gain)[0][0].data
        for truth, gain in ((level, 1), (level, 3), (0 * level, 1))
    )
    assert (three - nothing) == pytest.approx(3 * (once - nothing), rel=1e-9)


def test_a_series_of_nothing_but_censored_samples_says_so():
    _, (notice,) = observed(np.full((3, 4), 0.2), assay="ria_extracted", count=3)
    text = "all samples are below the limit of detection of ria_extracted, 1 pg/mL: every one is censored"
    assert (notice.code, notice.message) == ("all_censored", text)
    assert notice.where == "observe.samples a"
    _, (units,) = observed(np.full((1, 4), 0.2), assay="ria_extracted", unit="uU/mL")
    assert "0.5848 uU/mL" in units.message
    mixed = np.full((3, 4), 0.2)
    mixed[1, 2] = 50
    assert observed(mixed, assay="ria_extracted", count=3)[1] == []
    assert observed(np.zeros((1, 4)))[1] == []


@pytest.mark.parametrize("name", load.assays())
def test_total_error_and_slope_of_every_preset(name):
    preset, people = load.assays()[name], np.arange(4000)
    rise = report(np.full((4000, 1), 200.0), name, people).value - report(np.full((4000, 1), 100.0), name, people).value
    slope = preset.gain * (1 if preset.recovery_corrected else preset.recovery)
    assert np.median(rise) / 100 == pytest.approx(slope, rel=0.03)
    total = np.hypot(preset.cv_intra, preset.cv_inter)
    # The standard error of a standard deviation of 4000 numbers is 1.1 %.
    assert np.log(rise).std() == pytest.approx(total, rel=0.05, abs=1e-12)


def test_the_total_error_of_saliva_is_that_of_the_conventions():
    preset = load.assays()["saliva_eia"]
    assert np.hypot(preset.cv_intra, preset.cv_inter) == pytest.approx(0.35)
    assert preset.offset_median == 0
