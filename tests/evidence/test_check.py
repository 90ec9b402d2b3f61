"""The rules of the evidence hold in the package, and each rule finds what breaks it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import pytest

from knuffel.body import plan
from knuffel.body.contract import parameter
from knuffel.evidence import check, load
from knuffel.evidence.entries import Parameter, ParameterSet, Source, Target

SOURCES = {"x_1990": Source("x_1990", "[A paper]", doi="10.1/x", read="abstract")}
SOUND = Parameter(
    id="plasma.clearance",
    value=1200.0,
    unit="mL/min",
    title="clearance",
    bounds=(1, 1e5),
    plausible=(10, 1e4),
    status="measured",
    source=("x_1990",),
)
KNOWN = {SOUND.id: SOUND}
TARGET = Target("T1", "s", "q", 5.0, "pg/mL", {"relative": 0.1}, ("x_1990",), "reported")
CLASSES = {
    f"{room}/{model}": plan.component_class(room, model).Parameters
    for room in plan.ROOMS
    for model in plan.models(room)
}


def test_the_package_has_sound_evidence() -> None:
    assert check.problems() == []


@pytest.mark.filterwarnings("default")
def test_sources_that_nothing_refers_to_are_reported() -> None:
    cited = {
        key for room in plan.ROOMS for model in plan.models(room) for key in plan.component_class(room, model).citations
    }
    assert cited <= set(load.sources())
    unused = check.unused_sources(cited)
    if unused:
        warnings.warn(f"sources that nothing refers to: {', '.join(unused)}", UserWarning, stacklevel=1)


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_has_evidence(name: str) -> None:
    assert check.field_problems(CLASSES[name], load.parameters()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "furlong/lunch"}, "unknown unit"),
        ({"unit": ""}, "unit is missing"),
        ({"value": float("nan")}, "not finite"),
        ({"value": 1e6}, "outside bounds"),
        ({"value": (1200.0, 1e6)}, "outside bounds"),
        ({"value": 5.0}, "outside plausible"),
        ({"plausible": (0.5, 1e4)}, "beyond bounds"),
        ({"bounds": (float("-inf"), 1e5)}, "bounds are missing"),
        ({"title": ""}, "title is missing"),
        ({"status": "guessed"}, "status"),
        ({"source": ()}, "measured needs a source"),
        ({"source": ("nobody",)}, "no source 'nobody'"),
        ({"status": "fitted", "source": ()}, "fitted needs a source"),
        ({"status": "assumed", "source": ()}, "needs a reason"),
        ({"status": "unverified", "source": ()}, "needs a reason"),
        ({"status": "derived"}, "made of"),
        ({"status": "derived", "why": "a ratio", "inputs": ("plasma.volume",)}, "not a parameter"),
    ],
)
def test_a_broken_entry_is_found(change: dict[str, object], message: str) -> None:
    assert check.entry_problems("here", SOUND, SOURCES, KNOWN) == []
    broken = replace(SOUND, **change)  # type: ignore[arg-type]
    assert message in "\n".join(check.entry_problems("here", broken, SOURCES, KNOWN))


@pytest.mark.parametrize(
    ("entry", "changes", "message"),
    [
        (SOUND, ("value", "unit"), "repeats the default"),
        (replace(SOUND, value=99.0), ("value",), "its own status"),
        (replace(SOUND, value=99.0), ("value", "status"), "its own status"),
        (replace(SOUND, value=9.0), ("value", "status", "source"), "outside plausible"),
    ],
)
def test_a_broken_set_is_found(entry: Parameter, changes: tuple[str, ...], message: str) -> None:
    item = ParameterSet("s", "kinetics", "a set", {entry.id: entry}, why="why", changes={entry.id: changes})
    assert message in "\n".join(check.set_problems(item, KNOWN, SOURCES))


def test_a_sound_set_passes() -> None:
    entry = replace(SOUND, value=99.0)
    given = {entry.id: ("value", "status", "source")}
    item = ParameterSet("s", "kinetics", "a set", {entry.id: entry}, why="why", changes=given)
    assert check.set_problems(item, KNOWN, SOURCES) == []
    assert check.set_problems(replace(item, why=""), KNOWN, SOURCES) != []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "title"),
        ({"doi": "https://doi.org/10.1/x"}, "without prefix"),
        ({"url": "https://somewhere/else"}, "owner/name"),
        ({"read": "dreamt"}, "not one of"),
        ({"read": "code"}, "repository"),
    ],
)
def test_a_broken_source_is_found(change: dict[str, object], message: str) -> None:
    assert check.source_problems("x_1990", SOURCES["x_1990"]) == []
    broken = replace(SOURCES["x_1990"], **change)  # type: ignore[arg-type]
    assert message in "\n".join(check.source_problems("x_1990", broken))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "furlong/lunch"}, "unknown unit"),
        ({"kind": "rumour"}, "not reported or unit"),
        ({"source": ()}, "needs a source"),
        ({"source": ("nobody",)}, "no source 'nobody'"),
        ({"published": (5.0, 4.0)}, "from high to low"),
        ({"tolerance": {"range": (9, 1)}}, "leaves no value"),
    ],
)
def test_a_broken_target_is_found(change: dict[str, object], message: str) -> None:
    assert check.target_problems(TARGET, SOURCES) == []
    broken = replace(TARGET, **change)  # type: ignore[arg-type]
    assert message in "\n".join(check.target_problems(broken, SOURCES))


def test_a_broken_field_is_found() -> None:
    @dataclass(frozen=True)
    class Broken:
        volume: float = parameter("plasma.clearence", "mL", "no such id")
        time: float = parameter("plasma.clearance", "s", "another dimension")
        loose: float = 1.0

    found = "\n".join(check.field_problems(Broken, KNOWN))
    assert "nearest 'plasma.clearance'" in found
    assert "cannot be had in s" in found
    assert "loose: not declared" in found
