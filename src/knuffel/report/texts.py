"""The words of figures and reports in the language of the reader."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["LANGUAGES", "Texts", "texts"]

LANGUAGES = ("en", "nl")


class Texts:
    """Texts of one language; a missing one is an error, never an empty place."""

    def __init__(self, lang: str, table: dict[str, Any]) -> None:
        self.lang, self._table = lang, table

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its places filled in. Raises KeyError when it does not exist."""
        text = self._table[key]
        if not isinstance(text, str):
            raise KeyError(key)
        return text.format(**values)

    def choice(self, table: str, key: str, **values: Any) -> str:
        """Return a text of a sub-table, or the key itself when it is a name that we did not give."""
        text: str = self._table[table].get(key, key)
        return text.format(**values) if values else text

    def grade(self, grade: str) -> str:
        """Return an evidence grade such as "assumed, stimulus grade C" in words."""
        if not grade:
            return self("no_grade")
        words = []
        for part in grade.split(", "):
            head, _, letter = part.rpartition(" ")
            known = self._table["statuses"]
            words.append(f"{known[head]} {letter}" if head in known and part not in known else known.get(part, part))
        return ", ".join(words)

    def number(self, value: float, digits: int = 4) -> str:
        """Return a number with ``digits`` significant digits and the decimal sign of the language."""
        text = f"{value:.{digits}g}"
        if "e" in text and abs(value) < 10**9 and abs(value) >= 1:
            text = f"{value:.0f}"
        if "e" in text:
            mantissa, _, exponent = text.partition("e")
            power = str(int(exponent)).translate(_SUPERSCRIPT)
            text = f"{mantissa} · 10{power}"
        return text.replace("-", "\N{MINUS SIGN}").replace(".", "," if self.lang == "nl" else ".")

    def span(self, milliseconds: float) -> str:
        """Return a duration in the unit that reads best."""
        seconds = milliseconds / 1000
        if seconds < 60:
            return f"{self.number(seconds)} s"
        if seconds < 3 * 3600:
            return f"{self.number(seconds / 60)} {self('minutes')}"
        return f"{self.number(seconds / 3600)} {self('hours')}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache(maxsize=len(LANGUAGES))
def texts(lang: str) -> Texts:
    """Return the texts of a language. Raises ValueError when it is not one of `LANGUAGES`."""
    if lang not in LANGUAGES:
        raise ValueError(f"language {lang!r} is not one of {', '.join(LANGUAGES)}")
    table = tomllib.loads(files("knuffel.report").joinpath("texts.toml").read_text(encoding="utf-8"))
    return Texts(lang, table[lang])
