"""Whatever stands in a file: a sound recording or a `DataError`. What is written is read back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knuffel.errors import DataError
from knuffel.recordings import Recording, read_recording

QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    "0.1", "0.25", "1e999", "nan", "-inf", "-1", "1e-400", "12,5", "time_s", "cell", "time (ms)", "a", "unit#1", "#",
    ",", ";", "\t", " ", "\n", "\r\n", "\r", '"', "'", "\ufeff", "\0", "0x10", "1_000", "\u0661", "1.2.3", "+", "(",
    "[",    "0.1\n0.2\n", "1,a\n2,b\n", "a_ms,b_ms\n1,2\n3,\n", ",,", "99999999999999999999",
]  # fmt: skip
TRAIN = st.lists(st.integers(0, 10**7), min_size=1, max_size=20, unique=True).map(sorted)


def attempt(path: Path, **options: object) -> None:
    with suppress(DataError):
        assert_sound(read_recording(path, **options))  # type: ignore[arg-type]


def assert_sound(found: Recording) -> None:
    assert len(found.cells) == len(found.times) == len(set(found.cells)) > 0
    assert 0 <= found.duration <= 1e10
    for times in found.times:
        assert times.dtype == np.float64 and times.ndim == 1
        assert (times >= 0).all() and (times <= found.duration).all()
        assert (np.diff(times) > 1 - 1e-5).all()


@QUICK
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_random_content(content: bytes, tmp_path: Path) -> None:
    for name in ("random.csv", "random"):
        path = tmp_path / name
        path.write_bytes(content)
        attempt(path)


@QUICK
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30), unit=st.sampled_from([None, "ms"]), sort=st.booleans())
def test_pieces_of_recordings(pieces: list[str], unit: str | None, sort: bool, tmp_path: Path) -> None:
    path = tmp_path / "pieces.csv"
    path.write_bytes("".join(pieces).encode())
    attempt(path, unit=unit, sort=sort)


@QUICK
@given(
    trains=st.lists(TRAIN, min_size=1, max_size=4),
    separator=st.sampled_from([",", ";", "\t", " "]),
    unit=st.sampled_from(["s", "ms", "us"]),
    layout=st.sampled_from(["long", "by cell", "wide"]),
)
def test_what_is_written_is_read_back(
    trains: list[list[int]], separator: str, unit: str, layout: str, tmp_path: Path
) -> None:
    shown = {"s": lambda t: f"{t / 1000:.3f}", "ms": str, "us": lambda t: str(t * 1000)}[unit]
    rows = [(t, f"c{cell}") for cell, train in enumerate(trains) for t in train]
    if layout == "wide" and separator != " ":
        longest = max(map(len, trains))
        lines = [separator.join(f"c{cell}_{unit}" for cell in range(len(trains)))]
        for place in range(longest):
            lines.append(separator.join(shown(train[place]) if place < len(train) else "" for train in trains))
    else:
        rows = sorted(rows) if layout == "long" else rows
        lines = [f"time_{unit}{separator}cell", *(f"{shown(t)}{separator}{cell}" for t, cell in rows)]
    path = tmp_path / "written.txt"
    path.write_text("\n".join(lines) + "\n")
    found = read_recording(path)
    assert_sound(found)
    assert found.cells == tuple(f"c{cell}" for cell in range(len(trains)))
    assert [times.tolist() for times in found.times] == trains


@pytest.mark.parametrize("size", [199_999, 200_000, 200_001])
def test_blocks_of_lines_join(size: int, tmp_path: Path) -> None:
    path = tmp_path / "blocks.txt"
    path.write_text("\n".join(map(str, range(2, 2 * size + 2, 2))))
    assert np.array_equal(read_recording(path, unit="ms").times[0], np.arange(2, 2 * size + 2, 2))
