"""Lines of a small text file, with a clear refusal of what is no such file."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from knuffel.errors import DataError, Problem

__all__ = ["lines_of", "refuse"]

_LARGEST = 50_000_000  # bytes: a network of a million neurons


def refuse(message: str, file: Path, **facts: object) -> NoReturn:
    """Raise `DataError` in the words of `Problem`."""
    raise DataError(str(Problem(message, str(file), **facts)))  # type: ignore[arg-type]


def lines_of(file: Path) -> list[tuple[int, str]]:
    """Return number and text of every line that holds something; comments start with #.

    Raises `DataError` for a file that cannot be read, is too large, or is no text.
    """
    try:
        with file.open("rb") as handle:
            content = handle.read(_LARGEST + 1)  # a pipe or a device does not say how long it is
    except OSError as error:
        refuse(f"the file cannot be read: {error.strerror or error}", file)
    if len(content) > _LARGEST:
        refuse("the file is too large for this", file, allowed="at most 50 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        refuse("the file is not UTF-8 text", file, line=line, found=f"byte 0x{error.object[error.start]:02x}")
    if "\0" in text:
        refuse("the file is not text", file, line=text[: text.index("\0")].count("\n") + 1, found="a zero byte")
    numbered = enumerate(text.splitlines(), 1)
    return [(number, line.strip()) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
