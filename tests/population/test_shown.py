"""What a person sees of a cohort: explain, summary, report, tables, command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from knuffel import simulate
from knuffel.report.figure import draw
from knuffel.scenario.explain import explain
from knuffel.scenario.json_schema import scenario_schema
from tests.population.cohorts import INFUSION, scenario


@pytest.fixture(scope="module")
def run():
    return simulate(scenario())


def test_explain_says_what_is_drawn():
    text = explain(scenario(["population.covariates.sex.female=50 %"])).text()
    assert "A woman or man, at rest" in text
    assert "40 subjects." in text
    assert "50 % of them are women." in text
    assert "Weight: lognormal, median 70 kg, coefficient of variation 15 %, from 50 kg to 110 kg." in text
    assert "plasma.clearance  24 % / 20 %" in text
    assert "Correlation of plasma.central_volume and plasma.clearance: 0.4." in text
    own = explain(scenario(["population.spread=none", "population.spreads.plasma.clearance=50 %"])).text("nl")
    assert "plasma.clearance  50 % (van uzelf)" in own
    assert "plasma.distribution_clearance" not in own
    assert "do not differ" in explain(scenario(["population.spread=none"])).text()


def test_a_summary_has_the_median_and_two_percentiles(run):
    level = np.asarray(run.recorded.variables["plasma.oxytocin_concentration"].data).max(axis=1)
    row = run.summary()["plasma.oxytocin_concentration.peak"]
    assert set(row) == {"value", "unit", "evidence", "p05", "p95"}
    assert [row["p05"], row["value"], row["p95"]] == pytest.approx(np.quantile(level, [0.05, 0.5, 0.95]))
    one = simulate(scenario(["population.n=1"])).summary()["plasma.oxytocin_concentration.peak"]
    assert set(one) == {"value", "unit", "evidence"}


def test_the_figure_has_two_bands_and_twenty_curves(run):
    axes = next(axes for axes in draw(run).axes if axes.get_title(loc="left") == "Oxytocin in plasma")
    assert len(axes.collections) == 2
    thin = [line for line in axes.lines if line.get_linewidth() < 0.5]
    assert len(thin) == 20
    level = np.asarray(run.recorded.variables["plasma.oxytocin_concentration"].data)
    assert np.array_equal(thin[7].get_ydata(), level[7])
    total = next(line for line in axes.lines if line.get_label() == "total")
    assert np.allclose(total.get_ydata(), np.median(level, axis=0))


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("40 women", "How the subjects differ", "plasma.clearance", "coefficient of variation 24 %", "lognormal")),
     ("nl", ("40 vrouwen", "Hoe de proefpersonen verschillen", "variatiecoëfficiënt 24 %", "lognormaal"))],
)  # fmt: skip
def test_the_report_says_how_many_and_what_was_drawn(run, tmp_path, lang, words):
    page = run.report(tmp_path / "report.html", lang).read_text(encoding="utf-8")
    for word in words:
        assert word in page


def test_tables_hold_every_subject(run, tmp_path):
    written = {path.name: path for path in run.to_csv(tmp_path)}
    lines = [line for line in written["subjects.csv"].read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len(rows) == 40
    clearance = np.asarray(run.recorded.variables["subject.plasma.clearance"].data)
    assert float(rows[11]["subject.plasma.clearance"]) == clearance[11]
    lines = [line for line in written["summary.csv"].read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "name,value,p05,p95,unit,evidence"


def test_a_saved_result_keeps_its_subjects(run, tmp_path):
    again = type(run).open(run.save(tmp_path / "result"))
    assert again.content_hash == run.content_hash
    assert again.summary() == run.summary()
    assert again.attributes["population"] == run.attributes["population"]


def test_the_command_line_gives_percentiles(tmp_path, capsys):
    from knuffel.cli import app

    path = tmp_path / "cohort.yaml"
    path.write_text(INFUSION)
    app(["run", str(path), "--json", "--set", "population.n=5"], standalone_mode=False)
    row = json.loads(capsys.readouterr().out)["summary"]["plasma.oxytocin_concentration.peak"]
    assert set(row) == {"value", "unit", "evidence", "p05", "p95"}
    assert row["p05"] < row["value"] < row["p95"]


def test_the_schema_knows_the_block():
    properties = scenario_schema()["$defs"]["Population"]["properties"]
    assert set(properties) == {"n", "spread", "spreads", "correlations", "covariates"}
    assert "with" in scenario_schema()["$defs"]["Correlated"]["properties"]


def test_json_holds_a_cohort():
    text = json.dumps(explain(scenario()).as_dict(), allow_nan=False)
    assert "plasma.central_volume" in text
