import numpy as np
import pytest

from knuffel.analysis.interventions import dose_text, interventions, prescriptions
from knuffel.analysis.summaries import as_text, summarise
from knuffel.engine.store import Recorded, Variable
from tests.fixtures import synthetic


def test_a_summary_has_value_unit_and_evidence_everywhere():
    for run in (synthetic.infusion(minutes=90), synthetic.labour(minutes=60)):
        table = summarise(run)
        assert table
        for name, row in table.items():
            assert set(row) == {"value", "unit", "evidence"}, name
            assert np.isfinite(row["value"]), name
            assert isinstance(row["unit"], str)


def test_numbers_of_an_infusion():
    run = synthetic.infusion()
    table = summarise(run)
    level = run.variables["plasma.oxytocin_concentration"].data[0]
    assert table["plasma.oxytocin_concentration.peak"]["value"] == level.max()
    assert table["plasma.oxytocin_concentration.time_of_peak"]["value"] == 10 * level.argmax()
    basal = level[:60].mean()
    assert table["plasma.oxytocin_concentration.basal"]["value"] == pytest.approx(basal)
    assert table["plasma.oxytocin_concentration.peak_fold"]["value"] == pytest.approx(level.max() / basal)
    assert table["neurons.spike.count"]["value"] == len(run.variables["neurons.spike.time"].data)
    rate = run.variables["secretion.rate"].data[0, 1:]
    assert table["secretion.rate.total"]["value"] == pytest.approx(rate.sum() * 10)
    assert table["secretion.rate.mean"]["value"] == pytest.approx(rate.mean())
    assert table["sample.eia_unextracted.mean"]["value"] > 100
    assert table["plasma.oxytocin_concentration.peak"]["evidence"] == "assumed, stimulus grade C"


def test_several_subjects_give_a_median_and_what_5_and_95_percent_stay_below():
    run = synthetic.infusion(minutes=60, subjects=3)
    peaks = run.variables["plasma.oxytocin_concentration"].data.max(axis=1)
    assert len(set(peaks)) == 3
    row = summarise(run)["plasma.oxytocin_concentration.peak"]
    assert set(row) == {"value", "unit", "evidence", "p05", "p95"}
    low, middle, high = np.sort(peaks)
    assert row["value"] == middle
    assert row["p05"] == pytest.approx(low + 0.1 * (middle - low))
    assert row["p95"] == pytest.approx(middle + 0.9 * (high - middle))
    counts = np.bincount(run.variables["neurons.spike.subject"].data, minlength=3)
    assert summarise(run)["neurons.spike.count"]["value"] == np.median(counts)
    line = next(line for line in as_text(summarise(run)).splitlines() if "concentration.peak " in line)
    assert f"({row['p05']:.4g} to {row['p95']:.4g}) pg/mL" in line


def test_numbers_of_a_labour():
    run = synthetic.labour(minutes=60)
    table = summarise(run)
    held = {name: run.variables[f"uterus.contraction.{name}"].data for name in ("time", "amplitude")}
    counted = held["amplitude"] >= 15
    assert table["uterus.contraction.count"]["value"] == counted.sum()
    late = counted & (held["time"] > 1_800_000)
    assert table["uterus.montevideo.last_30_min"]["value"] == pytest.approx(held["amplitude"][late].sum() / 3)


def test_nothing_done_and_a_bolus_at_the_start():
    time = np.arange(0, 601_000, 60_000)
    level = Variable("plasma.oxytocin_concentration", ("subject", "time"), "pg/mL", "x", np.full((1, 11), 2.0))
    clock = Variable("time", ("time",), "ms", "time", time)
    quiet = summarise(Recorded({"time": clock, level.name: level}, {"subject_index": [0]}))
    assert "plasma.oxytocin_concentration.peak_fold" not in quiet
    assert quiet["plasma.oxytocin_concentration.mean"]["value"] == pytest.approx(2.0)
    dose = {"text": "1 IU", "segments": [], "amounts": [[0, 1.71e6]]}
    given = summarise(Recorded({"time": clock, level.name: level}, {"subject_index": [0], "doses": [dose]}))
    assert given["plasma.oxytocin_concentration.peak_fold"]["value"] == pytest.approx(1)


def test_a_run_of_no_length_and_an_empty_record():
    clock = Variable("time", ("time",), "ms", "time", np.zeros(1, dtype=np.int64))
    level = Variable("plasma.oxytocin_concentration", ("subject", "time"), "pg/mL", "x", np.full((1, 1), 2.0))
    rate = Variable("secretion.rate", ("subject", "time"), "pg/s", "x", np.full((1, 1), np.nan))
    table = summarise(Recorded({"time": clock, level.name: level, rate.name: rate}, {"subject_index": [0]}))
    assert table["plasma.oxytocin_concentration.mean"]["value"] == 2.0
    assert table["secretion.rate.total"]["value"] == 0
    assert summarise(Recorded({}, {})) == {}


def test_interventions_are_sorted_and_carry_their_steps():
    facts = {
        "stimuli": [{"kind": "hug", "start": 50, "duration": None, "grade": "D"}, {"kind": "step", "start": 10}],
        "doses": [
            {"text": "b", "segments": [[20, 30, 1.0], [30, 60, 2.0]], "amounts": []},
            {"text": "a", "segments": [], "amounts": [[5, 100.0], [15, 100.0]]},
            {"text": "none", "segments": [], "amounts": []},
        ],
    }
    found = interventions(facts)
    assert [item.label for item in found] == ["step", "hug", "a", "b"]
    assert (found[2].start, found[2].end) == (5, 15)
    assert found[3].steps == ((20, 30, 1.0), (30, 60, 2.0))
    assert interventions({}) == []


def test_prescribed_rooms_are_listed_with_their_times():
    rooms = {
        "neurons": {
            "mode": "prescribed",
            "outputs": {"neurons.spike": {"kind": "events", "event_times": [100, 300]}},
        },
        "plasma": {"mode": "prescribed", "outputs": {"plasma.oxytocin_concentration": {"kind": "constant"}}},
        "uterus": {"mode": "model", "outputs": {}},
    }
    found = prescriptions({"scenario": {"rooms": rooms}, "duration_ms": 1000})
    assert [(item.label, item.start, item.end) for item in found] == [
        ("neurons.spike", 100, 300),
        ("plasma.oxytocin_concentration", 0, 1000),
    ]
    assert prescriptions({}) == []


def test_a_dose_reads_like_a_sentence():
    dose = {"drug": "oxytocin", "route": "iv_bolus", "text": "oxytocin iv_bolus 10 IU at 10 min"}
    assert dose_text(dose) == "oxytocin iv bolus, 10 IU at 10 min"
    assert dose_text({"text": "anything"}) == "anything"


def test_the_text_of_a_summary_is_aligned_and_plain():
    def row(value, unit, evidence="assumed"):
        return {"value": value, "unit": unit, "evidence": evidence}

    lines = as_text(
        {
            "neurons.spike.count": row(494311.0, "1"),
            "uterus.contraction.count": row(2.5, "1"),
            "plasma.x.time_of_peak": row(14400.0, "s"),
            "plasma.x.other_time": row(120.0, "s"),
            "receptors.effect.mean": row(0.25, "1", ""),
            "secretion.rate.total": row(2599200.0, "pg"),
        }
    ).splitlines()
    assert lines[0].split() == ["neurons.spike.count", "494311", "[assumed]"]
    assert lines[1].split()[1] == "2.5"
    assert lines[2].split()[1:3] == ["240", "min"]
    assert lines[3].split()[1:3] == ["120", "s"]
    assert lines[4].split() == ["receptors.effect.mean", "0.25"]
    assert lines[5].split()[1:] == ["2599200", "pg", "[assumed]"]
    assert len({line.index("[") for line in lines if "[" in line}) == 1
    assert as_text({}) == ""
