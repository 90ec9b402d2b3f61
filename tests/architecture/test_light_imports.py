"""`import knuffel` and `knuffel --help` stay light: no heavy library is loaded until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("h5netcdf", "matplotlib", "numba", "pandas", "pint", "pydantic", "scipy", "xarray", "zarr")
REPORT = f"import sys; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"

CALL = """
import contextlib, io, sys
sys.argv = ["knuffel", *{words!r}]
from knuffel.cli import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
"""

CASES = {
    "import": "import knuffel",
    "dir": "import knuffel; dir(knuffel)",
    "help": CALL.format(words=["--help"]),
    "version": CALL.format(words=["--version"]),
    "run --help": CALL.format(words=["run", "--help"]),
    "pk --help": CALL.format(words=["pk", "--help"]),
}

# The option parser itself converts the values of a verb with pydantic.
PARSER = {"version": {"pydantic"}, "run --help": {"pydantic"}, "pk --help": {"pydantic"}}


@pytest.mark.parametrize("case", CASES)
def test_no_heavy_library_is_loaded(case: str) -> None:
    ran = subprocess.run([sys.executable, "-c", f"{CASES[case]}\n{REPORT}"], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) - PARSER.get(case, set()) == set()


def test_evidence_is_read_without_heavy_libraries() -> None:
    code = f"from knuffel.evidence import load\nload.parameters(); load.sources()\n{REPORT}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
