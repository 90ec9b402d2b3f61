"""Files of the published engine of the network: read, refused with their place, written, and read back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knuffel.errors import DataError
from knuffel.network_files import DEFAULTS, graph_text, parameter_text, read_graph, read_parameters

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PAIRS = st.integers(2, 40).flatmap(
    lambda bundles: st.tuples(
        st.just(bundles),
        st.lists(
            st.tuples(st.integers(0, bundles - 1), st.integers(0, bundles - 1)).filter(lambda pair: pair[0] != pair[1]),
            min_size=1, max_size=30,
        ),
    )
)  # fmt: skip


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@QUICK
@given(found=PAIRS)
def test_a_graph_that_is_written_is_read_back(found: tuple[int, list[tuple[int, int]]], tmp_path: Path) -> None:
    bundles, graph = found
    assert read_graph(written(tmp_path / "graph.csv", graph_text(graph, bundles))) == (tuple(graph), bundles)


@QUICK
@given(
    re=st.floats(1e-3, 1000), k_r=st.floats(1e-6, 1), seed=st.integers(0, 2**32 - 1), vrest=st.floats(-90, -51),
    end=st.integers(1, 10**9),
)  # fmt: skip
def test_parameters_that_are_written_are_read_back(
    re: float, k_r: float, seed: int, vrest: float, end: int, tmp_path: Path
) -> None:
    values = {**DEFAULTS, "re": re, "k_r": k_r, "random_seed": seed, "vrest": vrest, "t_end": end}
    found, notices = read_parameters(written(tmp_path / "parameters.csv", parameter_text(values)))
    assert found == values
    assert [notice.code for notice in notices] == (["network_file_seed"] if seed == 0 else [])


PIECES = [
    "48,2,12\n", "1,2,2\n", "0, 1\n", "tau_m", "tau_m, 10.8\n", "I_su", ",", " ", "\n", "\r\n", "#", "nan", "inf",
    "-1", "1e400", "0x10", "1_0", "\u0661", "\ufeff", "\0", "99999999999999999999", "1.5", "vrest, -40\n",
    "Ndend, 3\n", ";", "\t",
]  # fmt: skip
JOINED = st.lists(st.sampled_from(PIECES), max_size=20).map(lambda pieces: "".join(pieces).encode())


@QUICK
@given(content=st.one_of(st.binary(max_size=120), JOINED))
def test_whatever_stands_in_a_file_it_is_sound_or_refused(content: bytes, tmp_path: Path) -> None:
    path = written(tmp_path / "any.csv", content)
    with suppress(DataError):
        graph, bundles = read_graph(path)
        assert all(0 <= one < bundles and 0 <= other < bundles and one != other for one, other in graph)
    with suppress(DataError):
        values, _ = read_parameters(path)
        assert set(values) == set(DEFAULTS)
        assert values["vthre0"] > values["vrest"]


def test_both_spellings_comments_and_a_missing_last_newline() -> None:
    folder = Path(__file__).parent
    values, notices = read_parameters(folder / "parameters_of_the_readme.csv")
    assert (values["tau_ot"], values["re"], values["random_seed"]) == (900, 75, 0)
    assert {notice.code for notice in notices} == {"network_file_defaults", "network_file_seed"}
    assert "tau_m" in notices[0].message
    assert "tau_ot" not in notices[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "file is empty"),
        ("tau_m 10\n", r"line|:1: this line holds no key"),
        ("tau_mm, 10\n", r":1: tau_mm: the engine has no such parameter .*did you mean 'tau_m'"),
        ("# note\ntau_g_o, 10\n", r":2: .*did you mean 'tau_g_ot'"),
        ("tau_ot, 10\ntau_g_ot, 10\n", r":2: tau_g_ot: given twice, first in line 1"),
        ("tau_m, ten\n", r":1: tau_m: not a number \(found 'ten'\)"),
        ("tau_m, 1_0\n", r":1: tau_m: not a number \(found '1_0'\)"),
        ("tau_rel, 0\n", r"tau_rel: out of range \(found 0; allowed: above 0\)"),
        ("tau_m, 0\n", r"tau_m: out of range \(found 0; allowed: above 0\)"),
        ("k_r, 1.5\n", "above 0, at most 1"),
        ("f_max, 1.1\n", "0 to 1"),
        ("Ndend, 3\n", "2 to 2, whole"),
        ("Ncells, 4.5\n", "whole"),
        ("rel_delay, -1\n", "at least 0"),
        ("re, nan\n", "out of range"),
        ("vthre0, -70\n", r":1: vthre0: the threshold is not above rest \(found -70\)"),
        (b"tau_m, 1\n\xff\n", r":2: the file is not UTF-8 text \(found byte 0xff\)"),
        (b"tau_m\0, 1\n", "zero byte"),
    ],
)
def test_mistakes_in_parameters_are_placed(text: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        read_parameters(written(tmp_path / "parameters.csv", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "file is empty"),
        ("48;2;12\n", r":1: this line does not hold neurons, dendrites and bundles"),
        ("2,3,4\n0,1\n0,1\n", r":1: neurons of this network have two dendrites \(found 3; allowed: 2\)"),
        ("0,2,4\n", "not a possible number of neurons"),
        ("2,2,1\n0,0\n0,0\n", "not a possible number of bundles"),
        ("3,2,4\n0,1\n1,2\n", r":3: the number of rows .*found 2 rows; allowed: 3, as line 1 says"),
        ("1,2,4\n0,1\n1,2\n", "found 2 rows; allowed: 1"),
        ("2,2,4\n0,1\n1,4\n", r":3: there is no such bundle \(found 4; allowed: 0 to 3\)"),
        ("2,2,4\n0,1\n-1,2\n", "found -1"),
        ("2,2,4\n0,1\n2,2\n", r":3: both dendrites of neuron 1 lie in one bundle"),
        ("2,2,4\n0,1\n2\n", r":3: this line does not hold the two bundles of neuron 1"),
        ("2,2,4\n0,1\n2,1.5\n", r":3: not a whole number \(found '1.5'\)"),
    ],
)
def test_mistakes_in_a_graph_are_placed(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        read_graph(written(tmp_path / "graph.csv", text))


def test_a_store_limit_is_read_and_told(tmp_path: Path) -> None:
    values, notices = read_parameters(written(tmp_path / "parameters.csv", "res_max, 150\n"))
    assert values["res_max"] == 150
    assert "never uses it" in {notice.code: notice.message for notice in notices}["network_file_unused"]


def test_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knuffel.network_files.lines._LARGEST", 1000)
    for path in (Path("/dev/zero"), written(tmp_path / "long.csv", b"#" * 1001)):
        for reader in (read_graph, read_parameters):
            with pytest.raises(DataError, match="the file is too large"):
                reader(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for reader in (read_graph, read_parameters):
        with pytest.raises(DataError, match=r"nowhere\.csv: the file cannot be read"):
            reader(tmp_path / "nowhere.csv")
        with pytest.raises(DataError, match="cannot be read"):
            reader(tmp_path)
