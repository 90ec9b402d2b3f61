"""Text files: layouts, units, what is refused with its place, what is mended with a notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knuffel.errors import DataError
from knuffel.recordings import Recording, read_recording

TWO = {"a": [100.0, 250.0, 900.0], "b": [120.0, 400.0]}


def read(tmp_path: Path, content: str | bytes, name: str = "cell.csv", **options: object) -> Recording:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_recording(path, **options)  # type: ignore[arg-type]


def as_lists(recording: Recording) -> dict[str, list[float]]:
    return {name: times.tolist() for name, times in zip(recording.cells, recording.times, strict=True)}


def codes(recording: Recording) -> list[str]:
    return [notice.code for notice in recording.notices]


@pytest.mark.parametrize(
    "content",
    [
        "0.1\n0.25\n0.9\n",
        "0.1\r\n0.25\r\n0.9",
        "0.1\r0.25\r0.9\r",
        "\n# a comment\n0.1\n\n  # another\n0.25   # behind a number\n0.9\n",
        "\ufeff0.1\n0.25\n0.9\n",
        "1e-1\n+2.5E-1\n.9\n",
        '"0.1"\n"0.25"\n"0.9"\n',
    ],
)
def test_one_column_is_taken_as_seconds_with_a_notice(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    assert as_lists(found) == {"cell": TWO["a"]}
    assert (found.unit, found.duration, codes(found)) == ("s", 900.0, ["unit_assumed"])
    assert "--unit ms" in str(found.notices[0])


@pytest.mark.parametrize(
    ("content", "unit"),
    [
        ("time_s\n0.1\n0.25\n0.9\n", "s"),
        ("time (ms)\n100\n250\n900\n", "ms"),
        ("spike_times_ms\n100\n250\n900\n", "ms"),
        ("Spike times [s]\n0.1\n0.25\n0.9\n", "s"),
        ("ms\n100\n250\n900\n", "ms"),
        ("time_us\n100000\n250000\n900000\n", "us"),
        ("Tijd (s)\n0,1\n0,25\n0,9\n", "s"),
        ("# time_ms\n100\n250\n900\n", "ms"),
        ("# made by hand\n# spike times (ms)\n100\n250\n900\n", "ms"),
    ],
)
def test_a_header_gives_the_unit(tmp_path: Path, content: str, unit: str) -> None:
    found = read(tmp_path, content)
    assert as_lists(found) == {"cell": TWO["a"]}
    assert found.unit == unit and codes(found) == []


@pytest.mark.parametrize(
    "content",
    [
        "time_s,cell\n0.1,a\n0.12,b\n0.25,a\n0.4,b\n0.9,a\n",
        "cell;time (ms)\na;100\nb;120\na;250\nb;400\na;900\n",
        "time_s;cell\n0,1;a\n0,12;b\n0,25;a\n0,4;b\n0,9;a\n",
        "time_ms\tneuron\n100\ta\n250\ta\n900\ta\n120\tb\n400\tb\n",
        "time (s)  unit\n0.1 a\n0.12  b\n0.25 a\n0.4 b\n0.9 a\n",
        "time_ms, amplitude, unit_id\n100, 3.1, a\n120, nothing, b\n250, 1, a\n400, 1, b\n900, 1, a\n",
        "# time_ms cell\n100 a\n120 b\n250 a\n400 b\n900 a\n",
        "a (ms),b (ms)\n100,120\n250,400\n900,\n",
        "a_ms;b_ms\n100,0;120,0\n250,0;400,0\n900,0\n",
        'time_s,cell\n0.1,"a"\n0.12,"b"\n0.25,"a"\n0.4,b\n0.9,a\n',
    ],
)
def test_several_cells(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    assert as_lists(found) == TWO
    assert set(codes(found)) <= {"columns_ignored"}
    time, owner = found.flat()
    assert time.tolist() == [100.0, 120.0, 250.0, 400.0, 900.0] and owner.tolist() == [0, 1, 0, 1, 0]


def test_cells_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, "0.1 10\n0.2 2\n0.3 10\n0.4 1\n", unit="s")
    assert found.cells == ("1", "2", "10")
    assert read(tmp_path, "0.1 c10\n0.2 c2\n", unit="s").cells == ("c2", "c10")
    assert read(tmp_path, "0.1 unit#1\n0.2 unit#2\n", unit="s").cells == ("unit#1", "unit#2")
    assert set(read(tmp_path, "0.1 +-1\n0.2 -1\n0.3 +\n0.4 007\n", unit="s").cells) == {"+-1", "-1", "+", "7"}


def test_spikes_of_a_saved_run_are_read_back(tmp_path: Path) -> None:
    text = "# knuffel 0.1.0, scenario x\n# time: s\ntime_s,subject,neuron\n0.1,0,3\n0.25,0,3\n0.5,0,4\n"
    assert as_lists(read(tmp_path, text)) == {"3": [100.0, 250.0], "4": [500.0]}
    two = read(tmp_path, text + "0.1,1,3\n")
    assert as_lists(two) == {"0/3": [100.0, 250.0], "0/4": [500.0], "1/3": [100.0]}


def test_the_unit_of_the_user_wins(tmp_path: Path) -> None:
    assert as_lists(read(tmp_path, "100\n250\n900\n", unit="ms")) == {"cell": TWO["a"]}
    found = read(tmp_path, "time_s\n100\n250\n900\n", unit="ms")
    assert as_lists(found) == {"cell": TWO["a"]} and codes(found) == ["unit_overruled"]
    with pytest.raises(DataError, match=r"found 'min'; allowed: s, ms, us"):
        read(tmp_path, "1\n", unit="min")


@pytest.mark.parametrize(
    ("content", "unit", "says"),
    [
        ("\n".join(f"{t * 431.7:.1f}" for t in range(1, 60)), None, "0.00232 spikes/s"),
        ("\n".join(str(t * 43) for t in range(1, 60)), None, "whole numbers"),
        ("\n".join(f"{t * 0.4317:.4f}" for t in range(1, 60)), "ms", "in s the rate would be 2.32"),
        ("time_s\n" + "\n".join(f"{t * 431.7:.1f}" for t in range(1, 60)), None, "--unit ms"),
    ],
)
def test_numbers_that_look_like_another_unit_give_a_warning(
    tmp_path: Path, content: str, unit: str | None, says: str
) -> None:
    found = read(tmp_path, content, unit=unit)
    assert "unit_suspect" in codes(found)
    assert says in "\n".join(map(str, found.notices))


def test_plausible_trains_give_no_warning(tmp_path: Path) -> None:
    for rate in (0.05, 2.0, 40.0):
        times = np.cumsum(np.random.default_rng(1).exponential(1 / rate, 200) + 0.002)
        found = read(tmp_path, "time_s\n" + "\n".join(f"{t:.4f}" for t in times))
        assert codes(found) == []


# (content, line, what the message says)
REFUSED = [
    ("0.1\n0.2x\n", 2, "column 1: not a number (found '0.2x'"),
    ("# c\n\n0.1\nnan\n", 4, "column 1: a time is not finite (found nan"),
    ("0.1\n-inf\n", 2, "a time is not finite (found -inf"),
    ("0.1\n1e999\n", 2, "a time is not finite"),
    ("-0.1\n0.1\n", 1, "a time is negative (found -0.1 s; allowed: times from the start on"),
    ("0.1\n0.3\n0.2\n", 3, "do not ascend (found 200 ms after 300 ms"),
    ("time_s,cell\n0.1,a\n0.3,b\n0.2,a\n0.2,b\n", 5, "the times of cell b do not ascend"),
    ("0.1\n1e9\n", 2, "too late: is the unit right? (found 1e+09 s; allowed: up to 1e+07 s"),
    ("0.1,1\n0.2\n", 2, "another number of columns (found 1; allowed: 2"),
    ("time_s,cell\n0.1,a\n,a\n", 3, "column 1: not a number (found nothing"),
    ("time_s,cell\n0.1,a\n0.2,\n", 3, "column 2: nothing stands here (allowed: the name of a cell"),
    ("time_s,amplitude,cell\n0.1,3,a\n0.2,3\n", 3, "column 3: nothing stands here"),
    ("time_s,cell\n0.1,a\n0.2,a,5\n", 3, "another number of columns (found 3"),
    ("a_s,b_s\n0.1,0.2\n0.2,nan\n", 3, "column 2: not a number (found 'nan'"),
    ("a_s,b_s\n0.1,0.2\n0.2,0.1\n", 3, "the times of cell b do not ascend"),
    ("a_s,b_ms\n0.1,0.2\n", 1, "in different units"),
    ("a_s,a_s\n0.1,0.2\n", 1, "two columns have the same name"),
    ("time (min)\n0.1\n", 1, "found 'min'; allowed: s, ms, us"),
    ("1,2,3\n2,3,4\n", 1, "3 columns and no header"),
    ("cell,neuron\n1,2\n", 1, "the header names no column of times"),
    ("time_s\n0.1,2,3\n", 1, "the header does not fit"),
    ("0.1\n0.2\n\xff".encode("latin-1"), 3, "not UTF-8 text (found byte 0xff"),
    ("0.1\n" * 200_100 + "0.x\n", 200_101, "found '0.x'"),
]


@pytest.mark.parametrize(("content", "line", "says"), REFUSED, ids=[says for _, _, says in REFUSED])
def test_what_is_refused_has_a_place(tmp_path: Path, content: str | bytes, line: int, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'cell.csv'}:{line}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("# nothing here\n", "holds no times"),
        (b"0.1\n\0\0\0", "not text"),
        ("\ufeff0.1\n".encode("utf-16"), "not text"),
        ("0,123\n0,456\n1,789\n2,012\n", "is the comma a decimal sign?"),
        ("0.1 0.35\n0.2 0.77\n", "does not look like the names of cells"),
        (f"time_s,cell\n0.1,{'x' * 80}\n", "too long"),
    ],
)
def test_files_that_are_no_recordings(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert says in str(caught.value)


def test_places_that_are_no_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", Path("/dev/null"), ""):
        with pytest.raises(DataError):
            read_recording(path)


def test_sorting_on_request(tmp_path: Path) -> None:
    assert as_lists(read(tmp_path, "0.9\n0.1\n0.25\n", sort=True)) == {"cell": TWO["a"]}
    cells = read(tmp_path, "time_s,cell\n0.9,a\n0.4,b\n0.1,a\n0.12,b\n0.25,a\n", sort=True)
    assert as_lists(cells) == TWO


def test_doubles_are_dropped_with_a_notice(tmp_path: Path) -> None:
    found = read(tmp_path, "time_ms\n10\n10\n10.6\n11.2\n11.9\n12.2\n13.2\n")
    assert found.times[0].tolist() == [10.0, 11.2, 12.2, 13.2]
    assert codes(found) == ["double_spikes"] and "3 spikes" in str(found.notices[0])
    each = read(tmp_path, "time_ms,cell\n10,a\n10,b\n11,a\n11,b\n")
    assert as_lists(each) == {"a": [10.0, 11.0], "b": [10.0, 11.0]} and codes(each) == []


def test_whole_milliseconds_stay_whole_in_seconds(tmp_path: Path) -> None:
    times = np.arange(1, 5000)
    found = read(tmp_path, "time_s\n" + "\n".join(f"{t / 1000:.3f}" for t in times))
    assert found.times[0].tolist() == times.tolist()


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_spikes_are_a_recording(tmp_path: Path, count: int) -> None:
    found = read(tmp_path, "time_s\n" + "".join(f"{t}.5\n" for t in range(count)))
    assert found.spikes == count and found.cells == ("cell",)
    assert found.duration == (1000 * (count - 1) + 500 if count else 0)


@pytest.mark.slow
def test_ten_million_spikes_are_read_in_bounded_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "long.csv"
    with path.open("w") as handle:
        handle.write("time_ms,cell\n")
        for begin in range(0, 10_000_000, 100_000):
            handle.write("".join(f"{t * 13},{t % 7}\n" for t in range(begin, begin + 100_000)))
    code = (
        f"from knuffel.recordings import read_recording; found = read_recording({str(path)!r}); "
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')); "
        "print(found.spikes, peak.split()[1])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    spikes, kib = ran.stdout.split()
    assert int(spikes) == 10_000_000
    # The peak of this process alone: that of getrusage begins with the size of the process that started it.
    assert int(kib) < 800_000


def test_many_doubles_do_not_take_long(tmp_path: Path) -> None:
    found = read(tmp_path, "time_ms\n" + "".join(f"{t / 10:.1f}\n" for t in range(200_000)))
    assert found.times[0].tolist() == list(range(20_000))


def test_a_part_and_a_cell_of_a_recording(tmp_path: Path) -> None:
    found = read(tmp_path, "time_ms,cell\n100,a\n120,b\n250,a\n400,b\n900,a\n")
    part = found.cut(200, 500)
    assert as_lists(part) == {"a": [50.0], "b": [200.0]} and part.duration == 500
    assert codes(part) == ["spikes_outside"] and "3 spikes outside 0.2 to 0.7 s" in str(part.notices[0])
    assert as_lists(found.cut(100)) == {"a": [0.0, 150.0, 800.0], "b": [20.0, 300.0]}
    longer = found.cut(0, 2000)
    assert as_lists(longer) == TWO and longer.duration == 2000 and codes(longer) == []
    assert as_lists(found.select("b")) == {"b": TWO["b"]}
    with pytest.raises(DataError, match=r"no such cell .*allowed: a, b"):
        found.select("c")
    for start, duration in ((-1.0, None), (901.0, None), (0.0, 0.0), (0.0, float("nan"))):
        with pytest.raises(DataError, match="no such part"):
            found.cut(start, duration)


@pytest.mark.parametrize("first", ["1O.5", "1_000", "0x10", "-3s", ".5.5"])
def test_a_number_with_a_typo_is_no_header(first: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r":1: "):
        read(tmp_path, f"{first}\n2\n3\n")
