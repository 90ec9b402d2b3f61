"""Reading evidence: what is well formed becomes records, what is not is named with its file and entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from knuffel.errors import DataError
from knuffel.evidence import load

CLEARANCE = """
[clearance]
value = 1118.0
unit = "mL/min"
title = "total clearance"
bounds = [0.1, 1e5]
plausible = [0.2, 1e4]
spread = {kind = "lognormal", cv = 0.2}
status = "measured"
source = ["somebody_1995"]
why = "one line"
"""
SET = """
name = "small"
kind = "kinetics"
title = "a small animal"
species = "rat"
why = "for a test"

[parameters."plasma.clearance"]
value = 5.2
"""
TARGET = """
[T1]
study = "somewhere"
quantity = "a level"
published = 5.0
unit = "pg/mL"
tolerance = {relative = 0.1}
source = ["somebody_1995"]
kind = "reported"
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def test_a_parameter_is_named_after_its_file(tmp_path: Path) -> None:
    found = load.read_parameters(write(tmp_path, "parameters/plasma.toml", CLEARANCE))
    entry = found["plasma.clearance"]
    assert (entry.value, entry.unit, entry.bounds) == (1118, "mL/min", (0.1, 1e5))
    assert entry.spread == {"kind": "lognormal", "cv": 0.2}
    assert entry.source == ("somebody_1995",)


def test_a_value_may_be_a_row_of_numbers(tmp_path: Path) -> None:
    text = CLEARANCE.replace("1118.0", "[1.0, 2]")
    assert load.read_parameters(write(tmp_path, "parameters/plasma.toml", text))["plasma.clearance"].value == (1.0, 2.0)


def test_a_set_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    defaults = load.read_parameters(write(tmp_path, "parameters/plasma.toml", CLEARANCE))
    item = load.read_sets(write(tmp_path, "sets/small.toml", SET), defaults)["small"]
    entry = item.parameters["plasma.clearance"]
    assert (entry.value, entry.unit, entry.title, entry.species) == (5.2, "mL/min", "total clearance", "rat")
    assert item.changes == {"plasma.clearance": ("value",)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "mL/min"\n', "", "unit is missing"),
        ("value = 1118.0", 'value = "much"', "value = 'much': expected a number"),
        ("value = 1118.0", "value = nan", "expected a finite number"),
        ("value = 1118.0", "value = true", "expected a number"),
        ("value = 1118.0", "value = []", "the list is empty"),
        ("bounds = [0.1, 1e5]", "bounds = [9, 1]", "lowest, highest"),
        ("bounds = [0.1, 1e5]", "bounds = 9", "lowest, highest"),
        ("plausible", "plausable", "did you mean 'plausible'"),
        ('"measured"', '"guessed"', "not one of measured"),
        ('["somebody_1995"]', "7", "expected a list of names"),
        ('{kind = "lognormal", cv = 0.2}', "0.2", "expected a table"),
        ('title = "total clearance"', "title = 5", "expected a text"),
        ("[clearance]", "[clearance", "not a TOML file"),
    ],
)
def test_a_malformed_parameter_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CLEARANCE
    folder = write(tmp_path, "parameters/plasma.toml", CLEARANCE.replace(old, new))
    with pytest.raises(DataError, match=r"plasma\.toml") as caught:
        load.read_parameters(folder)
    assert message in str(caught.value)


def test_a_loose_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"plasma\.toml: loose is not a table"):
        load.read_parameters(write(tmp_path, "parameters/plasma.toml", "loose = 1\n"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("plasma.clearance", "plasma.clearence", "did you mean 'plasma.clearance'"),
        ('name = "small"', 'name = "big"', "the set calls itself 'big'"),
        ('title = "a small animal"', "", "title is missing"),
        ("value = 5.2", 'value = 5.2\nunits = "mL/s"', "did you mean 'unit'"),
        ('[parameters."plasma.clearance"]\nvalue', "parameters", "expected tables"),
    ],
)
def test_a_malformed_set_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SET
    defaults = load.read_parameters(write(tmp_path, "parameters/plasma.toml", CLEARANCE))
    with pytest.raises(DataError, match=r"small\.toml") as caught:
        load.read_sets(write(tmp_path, "sets/small.toml", SET.replace(old, new)), defaults)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{relative = 0.1}", "{}", "exactly one of"),
        ("{relative = 0.1}", "{relative = 0.1, absolute = 1}", "exactly one of"),
        ("{relative = 0.1}", "{factor = 2}", "exactly one of"),
        ("published = 5.0", "published = [1, 2, 3]", "a number or [low, high]"),
        ("published = 5.0", "", "published is missing"),
    ],
)
def test_a_malformed_target_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TARGET
    with pytest.raises(DataError, match=r"some\.toml \[T1\]") as caught:
        load.read_targets(write(tmp_path, "targets/some.toml", TARGET.replace(old, new)))
    assert message in str(caught.value)


def test_an_id_in_two_target_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "targets/one.toml", TARGET)
    with pytest.raises(DataError, match="stands in two files"):
        load.read_targets(write(tmp_path, "targets/two.toml", TARGET))


@pytest.mark.parametrize(
    ("published", "tolerance", "interval"),
    [
        ("5.0", "{relative = 0.1}", (4.5, 5.5)),
        ("-5.0", "{relative = 0.1}", (-5.5, -4.5)),
        ("5.0", "{absolute = 2}", (3, 7)),
        ("5.0", "{range = [1, 9]}", (1, 9)),
        ("[4.0, 6.0]", "{absolute = 1}", (3, 7)),
    ],
)
def test_what_counts_as_agreement(
    tmp_path: Path, published: str, tolerance: str, interval: tuple[float, float]
) -> None:
    text = TARGET.replace("5.0", published).replace("{relative = 0.1}", tolerance)
    target = load.read_targets(write(tmp_path, "targets/some.toml", text))["T1"]
    assert target.interval == pytest.approx(interval)


def test_missing_files_are_no_evidence(tmp_path: Path) -> None:
    assert load.read_parameters(tmp_path) == {}
    assert load.read_sources(tmp_path) == {}


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    text = (Path(str(load.root())) / "stimuli.toml").read_text(encoding="utf-8")
    with pytest.raises(DataError, match=r"stimuli\.toml \[hug\]: profile is 'forever'"):
        load.read_stimuli(write(tmp_path, "stimuli.toml", text.replace('profile = "event"', 'profile = "forever"')))


def test_the_package_reads_its_own_evidence() -> None:
    assert load.parameters()
    assert load.sets()
    assert load.sources()
    assert {"hug", "cck_iv"} <= set(load.stimuli())
    assert load.assays()["truth"].recovery == 1
    assert not load.assays()["ria_extracted_uncorrected"].recovery_corrected
    assert load.targets()


def test_the_mappings_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        load.parameters()["new"] = None  # type: ignore[index]
