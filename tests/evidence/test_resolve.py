"""Which value is in use, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from knuffel.body.contract import parameter
from knuffel.errors import ParameterError, UnitError
from knuffel.evidence.entries import GRADES, Parameter, ParameterSet
from knuffel.evidence.resolve import Override, build, resolve, weakest

CLEARANCE = Parameter(
    "plasma.clearance", 1200.0, "mL/min", "clearance", "CL", (1, 1e5), (10, 1e4), status="measured", source=("x_1990",)
)
STEPS = Parameter("uterus.steps", (1.0, 2.0), "min", "steps", bounds=(0, 10), plausible=(0, 10))
DOSE = Parameter("plasma.dose", 2.0, "IU", "dose", bounds=(0, 100), plausible=(0, 100))
KNOWN = {entry.id: entry for entry in (CLEARANCE, STEPS, DOSE)}


def changed(name: str, value: float) -> ParameterSet:
    entry = Parameter("plasma.clearance", value, "mL/min", "clearance", bounds=(1, 1e5), plausible=(10, 1e4))
    return ParameterSet(name, "kinetics", name, {"plasma.clearance": entry})


SETS = {"slow": changed("slow", 600.0), "fast": changed("fast", 6000.0)}


@dataclass(frozen=True)
class Numbers:
    clearance: float = parameter("plasma.clearance", "mL/s", "clearance")
    steps: object = parameter("uterus.steps", "s", "steps")
    dose: float = parameter("plasma.dose", "pg", "dose")
    note: str = "not evidence"


def one(sets: tuple[str, ...] = (), **override: object):  # type: ignore[no-untyped-def]
    overrides = {"plasma.clearance": Override(**override)} if override else {}  # type: ignore[arg-type]
    found, notices = resolve(["plasma.clearance"], sets, overrides, known=KNOWN, offered=SETS)
    return found["plasma.clearance"], notices


def test_the_default_keeps_its_evidence() -> None:
    found, notices = one()
    assert (found.value, found.unit, found.origin, found.status) == (1200, "mL/min", "default", "measured")
    assert found.source == ("x_1990",)
    assert notices == []


def test_the_last_set_wins() -> None:
    found, _ = one(("slow", "fast"))
    assert (found.value, found.origin, found.status) == (6000, "set fast", "assumed")


def test_the_user_wins_over_sets_in_any_unit() -> None:
    found, _ = one(("slow",), value=1.0, unit="L/min", where="a.yaml:3")
    assert found.value == pytest.approx(1000)
    assert (found.unit, found.origin, found.where) == ("mL/min", "user", "a.yaml:3")
    assert (found.status, found.source) == ("assumed", ())


def test_an_implausible_value_is_noticed() -> None:
    _, notices = one(value=20000.0, unit="mL/min", where="a.yaml:3")
    assert [notice.where for notice in notices] == ["a.yaml:3"]
    assert "20000 mL/min" in notices[0].message


@pytest.mark.parametrize("value", [0.5, 1e6, float("nan"), float("inf"), -1.0])
def test_an_impossible_value_is_refused(value: float) -> None:
    with pytest.raises(ParameterError, match=r"a\.yaml:3: plasma\.clearance"):
        one(value=value, unit="mL/min", where="a.yaml:3")


@pytest.mark.parametrize("unit", ["mL", "s", "furlong/lunch", ""])
def test_a_wrong_unit_is_refused(unit: str) -> None:
    with pytest.raises(UnitError, match=r"plasma\.clearance"):
        one(value=1.0, unit=unit)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"did you mean 'plasma\.clearance'"):
        resolve(["plasma.clearence"], known=KNOWN)
    with pytest.raises(ParameterError, match="did you mean 'slow'"):
        resolve(["plasma.clearance"], ["slo"], known=KNOWN, offered=SETS)
    with pytest.raises(ParameterError, match=r"plasma\.clearance"):
        resolve([], (), {"plasma.clearence": Override(1.0, "mL/min")}, known=KNOWN)


def test_a_row_of_numbers_is_replaced_by_one_of_equal_length() -> None:
    found, _ = resolve(["uterus.steps"], (), {"uterus.steps": Override((60.0, 120.0), "s")}, known=KNOWN)
    assert found["uterus.steps"].value == pytest.approx((1, 2))
    for value in (1.0, (1.0, 2.0, 3.0)):
        with pytest.raises(ParameterError, match="needs 2 numbers"):
            resolve(["uterus.steps"], (), {"uterus.steps": Override(value, "min")}, known=KNOWN)
    with pytest.raises(ParameterError, match="needs one number"):
        resolve(["plasma.dose"], (), {"plasma.dose": Override((1.0, 2.0), "IU")}, known=KNOWN)


def test_build_converts_to_the_units_of_the_fields() -> None:
    found, _ = resolve(KNOWN, known=KNOWN)
    built = build(Numbers, found)
    assert built.clearance == pytest.approx(20)
    assert built.dose == pytest.approx(2 * 1.71e6)
    np.testing.assert_allclose(built.steps, [60, 120])  # type: ignore[arg-type]
    assert built.note == "not evidence"


def test_equal_units_keep_the_bits() -> None:
    @dataclass(frozen=True)
    class Same:
        clearance: float = parameter("plasma.clearance", "mL/min", "clearance")

    found, _ = resolve(["plasma.clearance"], (), {"plasma.clearance": Override(0.1 + 1.2, "mL/min")}, known=KNOWN)
    assert build(Same, found).clearance == 0.1 + 1.2


def test_build_misses_nothing() -> None:
    found, _ = resolve(["plasma.clearance"], known=KNOWN)
    with pytest.raises(ParameterError, match=r"uterus\.steps"):
        build(Numbers, found)


def test_the_weakest_evidence_counts() -> None:
    for place, stronger in enumerate(GRADES):
        for weaker in GRADES[place:]:
            assert weakest([stronger, weaker, stronger]) == weaker
    assert weakest([]) == "measured"
    with pytest.raises(ParameterError, match="guessed"):
        weakest(["guessed"])
