"""What the verbs of the command line share: arguments, options, and how they answer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from knuffel.errors import KnuffelError, StoreError

__all__ = [
    "JsonOption",
    "LanguageOption",
    "OverwriteOption",
    "ScenarioArgument",
    "SetOption",
    "language",
    "must_be_writable",
    "print_json",
]

ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help="a YAML file or the name of a bundled one")]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON object on stdout")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="replace a value of the scenario; repeatable")
]
LanguageOption = Annotated[str, typer.Option("--lang", help="en or nl")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="replace files that exist")]


def print_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str))


def language(lang: str) -> str:
    """Return the language, or refuse it."""
    if lang not in ("en", "nl"):
        raise KnuffelError(f"--lang {lang}: allowed are en and nl")
    return lang


def must_be_writable(path: Path | None) -> None:
    """Refuse an output place before hours of work, not after."""
    if path is not None and not os.access(path.absolute().parent, os.W_OK):
        raise StoreError(f"{path}: the folder {path.absolute().parent} does not exist or cannot be written")
