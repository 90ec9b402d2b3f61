import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.engine.random import Streams
from knuffel.engine.store import Recorded, Variable
from knuffel.evidence import load
from knuffel.observe.assay import measure
from knuffel.observe.sampling import observations
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
