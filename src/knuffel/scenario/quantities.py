"""The texts of a scenario that stand for something: quantities, times, numbers, choices. Types for the pydantic models.

Every text is kept next to what it means. Units are checked by `knuffel.units`; the mistake that it finds becomes the
message, never pydantic's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from knuffel.errors import UnitError
from knuffel.units import parse_quantity

__all__ = [
    "AmountText",
    "Clock",
    "ConcentrationText",
    "Days",
    "Flag",
    "Frequency",
    "Loose",
    "Mass",
    "Number",
    "Osmolality",
    "Quantity",
    "RateText",
    "Slope",
    "Sodium",
    "Time",
    "TimeText",
    "Typed",
    "Volume",
    "Week",
    "Whole",
    "choice",
    "mistake",
    "quantity_of",
    "read_time",
]

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_WHOLE = re.compile(r"^[+-]?\d{1,18}$")
_WEEK_AND_DAYS = re.compile(r"^(\d{1,2})\s*(?:\+|w)\s*(\d)\s*d?$")
_LONGEST = 60
_TOO_LONG_MS = 1e13
_YES = frozenset({"true", "yes", "on"})
_NO = frozenset({"false", "no", "off"})


@dataclass(frozen=True)
class Quantity:
    """What was typed, and its value in the unit that was asked for."""

    text: str
    value: float


@dataclass(frozen=True)
class TimeText:
    """A time as typed: ``ms`` since the start, or ``clock``, seconds of the day, when it is a clock time."""

    text: str
    ms: int | None = None
    clock: int | None = None


def mistake(
    message: str, *, found: str | None = None, allowed: str | Sequence[str] | None = None
) -> PydanticCustomError:
    """Return the error that carries our own words through pydantic."""
    facts = {"message": message, "found": found, "allowed": allowed}
    return PydanticCustomError("knuffel", "{message}", facts)


def quantity_of(text: str, unit: str, *, ug_per_iu: float | None = None, allowed: str | None = None) -> float:
    """Return the value of a text in ``unit``. Raises `UnitError`; ``allowed`` replaces what its message suggests."""
    shown = repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
    if text.strip().lower().lstrip("+-") in ("nan", "inf", "infinity", ".nan", ".inf"):
        raise UnitError("not a finite number", found=shown, allowed=allowed or f"a number and a unit like {unit!r}")
    if len(text) > _LONGEST:
        raise UnitError("not a quantity", found=shown, allowed=allowed or f"a number and a unit like {unit!r}")
    try:
        return parse_quantity(text, unit, ug_per_iu)
    except UnitError as error:
        raise UnitError(error.message, found=shown, allowed=allowed or error.allowed) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise mistake("a single value is expected here", found=_kind(value), allowed="a text such as '10 min'")
    return value


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "nothing"


def _typed(unit: str, allowed: str) -> Callable[[Any], Quantity]:
    def validate(value: Any) -> Quantity:
        text = _text(value)
        try:
            return Quantity(text, quantity_of(text, unit, allowed=allowed))
        except UnitError as error:
            raise mistake(error.message, found=error.found, allowed=error.allowed) from error

    return validate


def _schema(hint: str, examples: Sequence[Any], kind: Any = "string") -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "description": hint, "examples": list(examples)})


def read_time(value: Any) -> TimeText:
    """Return a typed time. Raises the error of `mistake`."""
    text = _text(value)
    match = _CLOCK.match(text.strip())
    if match:
        return TimeText(text, clock=_clock_seconds(match))
    allowed = "a number with s, min, h or day, or a clock time such as '09:30'"
    try:
        milliseconds = quantity_of(text, "ms", allowed=allowed)
    except UnitError as error:
        raise mistake(error.message, found=error.found, allowed=error.allowed) from error
    if abs(milliseconds) > _TOO_LONG_MS:
        raise mistake("the time is too long", found=repr(text), allowed="at most 10 000 000 s")
    return TimeText(text, ms=round(milliseconds))


def _clock_seconds(match: re.Match[str]) -> int:
    hour, minute, second = (int(part or 0) for part in match.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise mistake("not a time of the day", found=repr(match.group(0)), allowed="00:00 to 23:59")
    return hour * 3600 + minute * 60 + second


def _clock(value: Any) -> int:
    text = _text(value)
    match = _CLOCK.match(text.strip())
    if match is None:
        raise mistake("not a time of the day", found=repr(text[:_LONGEST]), allowed="a clock time such as '09:00'")
    return _clock_seconds(match)


def _whole(value: Any) -> int:
    text = _text(value)
    if not _WHOLE.match(text.strip()):
        raise mistake("a whole number is expected", found=repr(text[:_LONGEST]), allowed="for instance 100")
    return int(text)


def _flag(value: Any) -> bool:
    text = _text(value)
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise mistake("yes or no is expected", found=repr(text[:_LONGEST]), allowed="true or false")
    return word in _YES


def _week(value: Any) -> Quantity:
    text = _text(value)
    match = _WEEK_AND_DAYS.match(text.strip())
    if match and int(match.group(2)) < 7:
        return Quantity(text, int(match.group(1)) + int(match.group(2)) / 7)
    unit = "1" if re.fullmatch(r"\s*[-+]?[\d.]+\s*", text) else "week"
    return _typed(unit, "weeks of pregnancy, such as 39, '39 weeks' or '39+3'")(text)


def _days(value: Any) -> Quantity:
    text = _text(value)
    unit = "1" if re.fullmatch(r"\s*[-+]?[\d.]+\s*", text) else "day"
    return _typed(unit, "days since the birth, such as 3 or '3 days'")(text)


def choice(*names: str) -> Any:
    """Return a pydantic type: one of these words."""

    def validate(value: Any) -> str:
        text = _text(value)
        if text.strip() in names:
            return text.strip()
        raise mistake("this is not one of the possibilities", found=repr(text[:_LONGEST]), allowed=names)

    return Annotated[str, PlainValidator(validate), WithJsonSchema({"type": "string", "enum": list(names)})]


Time = Annotated[
    TimeText,
    PlainValidator(read_time),
    _schema("a time since the start with its unit, or a clock time", ["10 min", "4 h", "90 s", "09:30"]),
]
Clock = Annotated[int, PlainValidator(_clock), _schema("a time of the day", ["09:00"])]
AmountText = Annotated[
    str, PlainValidator(_text), _schema("an amount; 1 IU of oxytocin is 1.71 ug", ["5 IU", "100 ug", "20 nmol"])
]
RateText = Annotated[
    str, PlainValidator(_text), _schema("an amount per time; 1 IU of oxytocin is 1.71 ug", ["10 mU/min", "17 ng/min"])
]
Mass = Annotated[
    Quantity, PlainValidator(_typed("kg", "a mass such as '70 kg' or '250 g'")), _schema("a mass", ["70 kg", "250 g"])
]
Frequency = Annotated[
    Quantity, PlainValidator(_typed("Hz", "a frequency such as '13 Hz'")), _schema("a frequency", ["13 Hz"])
]
Slope = Annotated[
    Quantity,
    PlainValidator(_typed("Hz/s", "a change of a frequency such as '0.5 Hz/s'")),
    _schema("a change of a frequency", ["0.5 Hz/s"]),
]
Osmolality = Annotated[
    Quantity,
    PlainValidator(_typed("mOsm/kg", "an osmolality such as '20 mOsm/kg'")),
    _schema("an osmolality", ["20 mOsm/kg"]),
]
Sodium = Annotated[
    Quantity,
    PlainValidator(_typed("mmol/L", "a concentration of sodium such as '154 mmol/L'")),
    _schema("a concentration of sodium", ["154 mmol/L"]),
]
ConcentrationText = Annotated[
    str, PlainValidator(_text), _schema("what a bag holds of a drug; 1 IU of oxytocin is 1.71 ug", ["10 IU/L"])
]
Volume = Annotated[Quantity, PlainValidator(_typed("mL", "a volume such as '35 mL'")), _schema("a volume", ["35 mL"])]
Days = Annotated[Quantity, PlainValidator(_days), _schema("days since the birth", [30, "3 days"], ["number", "string"])]
Typed = Annotated[str, PlainValidator(_text), _schema("a dose; its unit depends on the kind", ["5 mg", "0.75 g/kg"])]
Loose = Annotated[
    str,
    PlainValidator(_text),
    _schema("a number, with its unit where it has one", ["70 kg", 0.6], ["number", "string"]),
]
Number = Annotated[
    Quantity,
    PlainValidator(_typed("1", "a number without a unit")),
    _schema("a number", [1, 1.5], ["number", "string"]),
]
Week = Annotated[
    Quantity,
    PlainValidator(_week),
    _schema("completed weeks of pregnancy", [39, "39 weeks", "39+3"], ["number", "string"]),
]
Whole = Annotated[int, PlainValidator(_whole), WithJsonSchema({"type": "integer"})]
Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
