"""Ten thousand subjects of a day: the memory of the whole process. `benchmarks.kinetics` has the time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

DAY = """
duration: 24 h
subject: {species: human, sex: female}
population: {n: 10000, covariates: {weight: {median: 70 kg, cv: 15 %, from: 40 kg, to: 120 kg}}}
doses:
  - {drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 1 h, end: 3 h}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 6 h}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 h}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 14 h}
body: {neurons: off, secretion: basal}
observe: {record: {every: 5 min}}
"""

PROGRAM = """
import json, resource, sys
from knuffel import simulate
from knuffel.scenario import loads_scenario
run = simulate(loads_scenario(sys.argv[1]))
peak = run.summary()["plasma.oxytocin_concentration.peak"]
used = resource.getrusage(resource.RUSAGE_SELF)
size = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": used.ru_utime + used.ru_stime, "bytes": size, "peak": peak["value"]}))
"""


@pytest.mark.slow
def test_ten_thousand_subjects_of_a_day_fit_into_two_gibibytes():
    done = subprocess.run([sys.executable, "-c", PROGRAM, DAY], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    assert facts["bytes"] <= 2 * 2**30
    assert 200 < facts["peak"] < 350
