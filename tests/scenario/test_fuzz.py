"""Whatever is typed, only `ScenarioError` ever comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knuffel.errors import ScenarioError
from knuffel.scenario import bundled, load_scenario, loads_scenario
from knuffel.scenario.explain import explain

SOURCES = {name: load_scenario(name).source for name in bundled()}
LINES = sorted({line for text in SOURCES.values() for line in text.splitlines()})
PIECES = [
    "nan", "-1", "0", "1e999", "1e308 s", "-0 s", "10 min", "09:30", "null", "~", "[]", "{}", "[[1]]", "{a: b}", "off",
    "5 pg/mL", "10 mU/min", "1 IU", "term", "rat", "s**9**9", "1 s**99999999", "2 (s)**(9)", "1 degC", "1 dB", "1 /0",
    "1 %", "999999999999999999 s", "\u0661\u0662 min", "'", '"', "&a", "*a", "!!int 3", "- ", ": ", "\n", "  ",
]  # fmt: skip
KEYS = [
    "subject",
    "subject.weight",
    "subject.state",
    "subject.kinetics",
    "doses",
    "doses[0]",
    "doses[0].rate",
    "doses[0].end",
    "doses[0].steps",
    "dose_table",
    "dose_table.file",
    "dose_table.units.TIME",
    "population",
    "stimuli",
    "stimuli[0].kind",
    "events[0].start",
    "body",
    "body.neurons",
    "body.neurons.cells",
    "body.neurons.set",
    "body.neurons.parameters.psp_rate",
    "body.plasma",
    "body.plasma.outputs",
    "body.plasma.outputs.plasma.oxytocin_concentration",
    "body.plasma.outputs.oxytocin_concentration.value",
    "observe",
    "observe.samples",
    "observe.samples[0].every",
    "observe.record.every",
    "observe.record.variables",
    "engine.intervals.neurons",
    "engine",
    "duration",
    "start",
    "seed",
    "title",
    "name",
]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def attempt(text: str, overrides: list[str] | None = None) -> None:
    try:
        scenario = loads_scenario(text, overrides or [])
    except ScenarioError:
        return
    assert len(scenario.hash) == 64
    assert explain(scenario).text("nl")


@QUICK
@given(content=st.binary(max_size=300))
def test_random_bytes(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "random.yaml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError):
        load_scenario(file)


@QUICK
@given(text=st.text(max_size=200))
def test_random_text(text: str) -> None:
    with pytest.raises(ScenarioError):
        loads_scenario(text)


@QUICK
@given(data=st.data())
def test_mutated_scenarios(data: st.DataObject) -> None:
    text = SOURCES[data.draw(st.sampled_from(sorted(SOURCES)))]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.integers(0, 25)))
        fresh = data.draw(st.one_of(st.sampled_from(PIECES), st.sampled_from(LINES), st.text(max_size=8)))
        text = text[:start] + fresh + text[stop:]
    attempt(text)


@QUICK
@given(data=st.data())
def test_mutated_values(data: st.DataObject) -> None:
    """Replace what stands behind a colon, so that the layout stays sound and the meaning is tried."""
    lines = SOURCES[data.draw(st.sampled_from(sorted(SOURCES)))].splitlines()
    places = [number for number, line in enumerate(lines) if ": " in line and not line.lstrip().startswith("#")]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        key = lines[place].split(": ")[0]
        lines[place] = f"{key}: {data.draw(st.sampled_from(PIECES))}"
    attempt("\n".join(lines))


@QUICK
@given(data=st.data())
def test_random_overrides(data: st.DataObject) -> None:
    text = SOURCES[data.draw(st.sampled_from(sorted(SOURCES)))]
    value = st.one_of(st.sampled_from(PIECES), st.text(max_size=20))
    known = st.builds(lambda key, fresh: f"{key}={fresh}", st.sampled_from(KEYS), value)
    attempt(text, data.draw(st.lists(st.one_of(known, st.text(max_size=30)), min_size=1, max_size=4)))


def test_unit_traps_are_quick() -> None:
    text = "duration: 1 s**9**9**9\nsubject: {species: human, sex: male, weight: 2 (kg)**(9**9**9)}\nseed: 1\n"
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(text)
    assert [item.key for item in caught.value.problems] == ["duration", "subject.weight"]
