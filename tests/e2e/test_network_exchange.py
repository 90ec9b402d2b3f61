"""A network goes to the files of the published engine and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knuffel import load_scenario, simulate
from knuffel.errors import DataError, KnuffelError, ScenarioError, StoreError
from knuffel.evidence import load
from knuffel.network_exchange import _IDS, export_network, import_network
from knuffel.network_files import DEFAULTS, parameter_text, read_graph, read_parameters

FILE = "re, 90\nri, 45\nk_r, 0.05\nI_su, 0.0007\ntau_g_ot, 900\nNcells, 24\nNbun, 6\nt_end, 3000\nrandom_seed, 7\n"


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "parameters.csv"
    path.write_text(FILE)
    return path


def test_there_and_back(original: Path, tmp_path: Path) -> None:
    scenario, back, graph = tmp_path / "net.yaml", tmp_path / "back.csv", tmp_path / "graph.csv"
    made = import_network(original, scenario)
    assert {notice.code for notice in made.notices} == {"network_file_defaults", "network_file_graph"}
    export_network(str(scenario), back, graph)
    assert read_parameters(back)[0] == read_parameters(original)[0]
    again = tmp_path / "again.yaml"
    import_network(back, again, graph)
    first, second = (simulate(load_scenario(str(file))) for file in (scenario, again))
    drawn, read = (item.attributes["drawn"]["neurons"]["network"] for item in (first, second))
    assert drawn["graph"] == read["graph"] == [list(pair) for pair in read_graph(graph)[0]]
    spikes = [item.recorded.variables["neurons.spike.time"].data[...].tolist() for item in (first, second)]
    assert spikes[0] == spikes[1]
    assert len(spikes[0]) > 50
    assert first.attributes["cells"] == second.attributes["cells"] == 24


def test_units_are_those_of_the_parameters() -> None:
    units = {name: load.parameters()[f"neurons.{name}"].unit.replace("1", "") for name, _ in _IDS.values()}
    assert units == {name: unit.replace("1", "") for name, unit in _IDS.values()}


CHANGES = st.dictionaries(
    st.sampled_from([key for key in DEFAULTS if key not in ("Ncells", "Nbun", "Ndend", "random_seed", "t_end")]),
    st.one_of(st.floats(-100, -1e-6), st.floats(1e-6, 1000), st.decimals(0, 1000, places=4).map(float)),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(changes={"re": 70.0, "ri": 90.0})
@example(changes={"k_r": 0.12345678901234566})
@example(changes={"tau_m": 0.5})
@given(changes=CHANGES)
def test_what_is_imported_loads_and_goes_back_unchanged(changes: dict[str, float], tmp_path: Path) -> None:
    file, scenario, back = (tmp_path / name for name in ("p.csv", "net.yaml", "back.csv"))
    file.write_text(parameter_text({**DEFAULTS, **changes}))
    try:
        import_network(file, scenario, overwrite=True)
    except DataError:
        return
    export_network(str(scenario), back, overwrite=True)
    found, original = read_parameters(back)[0], read_parameters(file)[0]
    derived = ("ri", "I_su")  # through a product and a quotient: the last digit may differ
    assert {key: found[key] for key in found if key not in derived} == {
        key: original[key] for key in original if key not in derived
    }
    assert [found[key] for key in derived] == pytest.approx([original[key] for key in derived], rel=2e-15, abs=0)


def test_a_file_that_is_read_is_not_written(original: Path, tmp_path: Path) -> None:
    scenario, link = tmp_path / "net.yaml", tmp_path / "link.yaml"
    link.symlink_to(original)
    for output in (original, link):
        with pytest.raises(StoreError, match="this file is read"):
            import_network(original, output, overwrite=True)
    assert original.read_text() == FILE
    import_network(original, scenario)
    kept = scenario.read_text()
    with pytest.raises(StoreError, match="this file is read"):
        export_network(str(scenario), tmp_path / "p.csv", scenario, overwrite=True)
    assert scenario.read_text() == kept
    assert not (tmp_path / "p.csv").exists()


def test_a_second_file_that_fails_leaves_no_first(original: Path, tmp_path: Path) -> None:
    scenario, place, graph = tmp_path / "net.yaml", tmp_path / "p.csv", tmp_path / "graph.csv"
    import_network(original, scenario)
    (tmp_path / ".graph.csv.partial").mkdir()
    with pytest.raises(StoreError):
        export_network(str(scenario), place, graph)
    assert not place.exists()


def test_a_number_that_no_scenario_may_have_is_refused_by_its_key(original: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "net.yaml"
    original.write_text("tau_m, 0.5\n")
    with pytest.raises(DataError, match=r"parameters\.csv: tau_m: .*found 0\.5 ms; allowed: 1 to 1000 ms"):
        import_network(original, scenario)
    assert not scenario.exists()


def test_a_rate_of_nought_is_told(original: Path, tmp_path: Path) -> None:
    original.write_text("ri, 0\nt_end, 3000\n")
    import_network(original, tmp_path / "net.yaml")
    told = [notice.code for notice in export_network(str(tmp_path / "net.yaml"), tmp_path / "p.csv").notices]
    assert "network_file_rate" in told


def test_what_the_engine_cannot_do_is_told(tmp_path: Path) -> None:
    scenario = tmp_path / "net.yaml"
    scenario.write_text(
        "knuffel: 1\nduration: 1 min\nsubject: {species: rat, sex: female, state: lactating}\n"
        "body: {neurons: {model: rossoni-2008, settings: {integrator: exp, insensitive_cells: '3'}}}\n"
    )
    told = {item.code: item.message for item in export_network(str(scenario), tmp_path / "p.csv").notices}
    assert "integrator, insensitive_cells" in told["network_file_lost"]
    assert "cannot read a file" in told["network_file_limits"]


def test_files_are_not_replaced_unasked_and_nothing_is_half_written(original: Path, tmp_path: Path) -> None:
    scenario, place = tmp_path / "net.yaml", tmp_path / "p.csv"
    import_network(original, scenario)
    kept = scenario.read_text()
    with pytest.raises(StoreError, match="exists; --overwrite"):
        import_network(original, scenario)
    assert scenario.read_text() == kept
    with pytest.raises(StoreError, match="there is no folder"):
        export_network(str(scenario), place, tmp_path / "nowhere" / "graph.csv")
    assert not place.exists()
    with pytest.raises(StoreError, match="same name"):
        export_network(str(scenario), place, place)
    original.write_text("tau_m, 0\n")
    with pytest.raises(DataError):
        import_network(original, scenario, overwrite=True)
    assert scenario.read_text() == kept


def test_only_a_network_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(KnuffelError, match="the neurons are if-oxytocin; only rossoni-2008"):
        export_network("cck_rat", tmp_path / "p.csv")


def test_files_that_do_not_agree_are_refused(original: Path, tmp_path: Path) -> None:
    graph = tmp_path / "graph.csv"
    graph.write_text("2,2,6\n0,1\n1,2\n")
    with pytest.raises(KnuffelError, match=r"it has 2 where .* has Ncells = 24"):
        import_network(original, tmp_path / "net.yaml", graph)


@pytest.mark.parametrize(
    ("neurons", "words"),
    [
        ("{model: rossoni-2008, graph: nowhere.csv}", r"body\.neurons\.graph: .*nowhere\.csv: the file cannot be read"),
        ("{model: rossoni-2008, graph: bad.csv}", r"bad\.csv:3: there is no such bundle \(found 9"),
        ("{model: rossoni-2008, graph: good.csv, cells: 48}", r"body\.neurons\.cells: the graph says .*allowed: 2"),
        ("{model: rossoni-2008, graph: good.csv, settings: {topology: ring}}", "the graph is given by a file"),
        ("{model: if-oxytocin, graph: good.csv}", r"only a network has a graph .*rossoni-2008"),
    ],
)
def test_mistakes_with_a_graph_in_a_scenario_are_placed(neurons: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("2,2,6\n0,1\n1,9\n")
    (tmp_path / "good.csv").write_text("2,2,6\n0,1\n1,2\n")
    scenario = tmp_path / "net.yaml"
    scenario.write_text(
        "knuffel: 1\nduration: 1 min\nsubject: {species: rat, sex: female, state: lactating}\n"
        f"body: {{neurons: {neurons}}}\n"
    )
    with pytest.raises(ScenarioError, match=words):
        load_scenario(str(scenario))
