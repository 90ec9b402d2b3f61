"""What is known of each subject: the columns that are not about an event."""

from __future__ import annotations

from knuffel.dosing_tables.records import COLUMNS, bare, is_name
from knuffel.dosing_tables.source import Sheet
from knuffel.dosing_tables.units_of_columns import Units
from knuffel.dosing_tables.wording import Mistakes, is_number, number_of
from knuffel.errors import Notice

__all__ = ["Covariates"]

_NUMBERS = {"WT": "a weight above 0", "WEEK": "a gestational week", "DAYS": "days after birth"}
_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}

Value = float | str


class Covariates:
    """Collects the covariates of a table, one value for each subject and column.

    WT, WEEK, DAYS and SEX may not change within a subject; another column that does is not one of the subject, and is
    left out with a notice.
    """

    def __init__(self, sheet: Sheet, units: Units, mistakes: Mistakes, sex: dict[str, str]) -> None:
        self._units, self._mistakes = units, mistakes
        self._sexes = {**_SEXES, **{str(code).lower(): word for code, word in sex.items()}}
        self._columns: list[tuple[int, str, str]] = []
        for place, (name, heading) in enumerate(zip(sheet.names, sheet.headings, strict=True)):
            if name not in COLUMNS:
                unit = None if name in _NUMBERS or name == "SEX" else bare(heading)[1]
                self._columns.append((place, name, name + (f"[{unit}]" if unit else "")))
        self._texts: dict[str, dict[str, str]] = {key: {} for _, _, key in self._columns}
        self._lines: dict[tuple[str, str], int] = {}
        self._changing: list[str] = []
        self._line = sheet.line

    def take(self, line: int, row: list[str], owner: str) -> None:
        """Take what a row says of its subject."""
        for place, name, key in self._columns:
            text = row[place]
            if text in ("", "."):
                continue
            before = self._texts[key].setdefault(owner, text)
            self._lines.setdefault((key, owner), line)
            if before == text or key in self._changing:
                continue
            if name in _NUMBERS or name == "SEX":
                message = "this changes within a subject"
                self._mistakes.add(message, line=line, column=name, found=text, allowed=f"{before}, as above")
                self._texts[key][owner] = text
            else:
                self._changing.append(key)

    def finished(self) -> dict[str, dict[str, Value]]:
        """Return the covariates by subject and name."""
        found: dict[str, dict[str, Value]] = {}
        for _, name, key in self._columns:
            texts = self._texts[key]
            if key in self._changing or not texts:
                continue
            if not is_name(key):
                self._mistakes.add("no covariate can have this name", line=self._line, column=key, allowed="a word")
                continue
            numeric = name in _NUMBERS or (name != "SEX" and all(map(is_number, texts.values())))
            for owner, text in texts.items():
                value = self._value(name, key, text, owner, numeric=numeric)
                if value is not None:
                    found.setdefault(owner, {})[key] = value
        return found

    def notices(self) -> list[Notice]:
        """Return what was left out."""
        if not self._changing:
            return []
        text = f"columns that change within a subject are not read: {', '.join(self._changing)}"
        return [Notice("table_columns", text, self._mistakes.file)]

    def _value(self, name: str, key: str, text: str, owner: str, *, numeric: bool) -> Value | None:
        line = self._lines[key, owner]
        if name == "SEX":
            word = self._sexes.get(text.lower())
            if word is None:
                allowed = "F or M; for codes say what they mean: sex={'0': 'male', '1': 'female'}"
                self._mistakes.add("no sex", line=line, column=name, found=text, allowed=allowed)
            return word
        if not numeric:
            if not is_name(text):
                self._mistakes.add("no plain text", line=line, column=key, found=repr(text), allowed="a plain text")
                return None
            return text
        value = number_of(text)
        factor = self._units.factor("WT", "kg") if name == "WT" else 1.0
        if isinstance(value, str):
            allowed = _NUMBERS.get(name, "a number")
            self._mistakes.add(value, line=line, column=key, found=text, allowed=allowed)
            return None
        if name in _NUMBERS and (value < 0 or (name == "WT" and value == 0)):
            self._mistakes.add("out of range", line=line, column=key, found=text, allowed=_NUMBERS[name])
            return None
        return None if factor is None else value * factor
