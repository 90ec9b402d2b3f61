import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.engine.store import RESULT, Recorded, Variable, open_store
from knuffel.errors import StoreError
from knuffel.result import Result, content_hash
from tests.fixtures import synthetic


@pytest.fixture(scope="module")
def result():
    return Result(synthetic.infusion(minutes=60, subjects=2, cells=20))


@pytest.fixture(scope="module")
def saved(result, tmp_path_factory):
    return result.save(tmp_path_factory.mktemp("saved") / "run")


def read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    notes = [line for line in lines if line.startswith("#")]
    return notes, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_dataset_is_labelled(result):
    data = result.dataset
    assert data["time"].attrs["units"] == "s"
    assert data["time"].attrs["clock_at_zero"] == "09:00"
    assert data["time"].dtype == np.float64
    assert data["time"].values[-1] == 3600
    assert data["subject"].values.tolist() == [0, 1]
    plasma = data["plasma.oxytocin_concentration"]
    assert plasma.dims == ("subject", "time")
    assert plasma.attrs["units"] == "pg/mL"
    assert plasma.attrs["port"] == "plasma.oxytocin_concentration"
    assert plasma.attrs["evidence"] == "assumed"
    assert data["neurons.spike.time"].dims == ("neurons.spike",)
    for name in data.variables:
        assert data[name].attrs["units"], name
        assert data[name].attrs["long_name"], name
    assert json.loads(data.attrs["parameters"])[0]["id"] == "plasma.clearance"
    assert data.attrs["seed"] == 1
    assert data.attrs["content_hash"] == result.content_hash


def test_a_saved_result_is_the_same_and_is_read_late(result, saved):
    opened = Result.open(saved)
    assert opened.content_hash == result.content_hash
    assert opened.attributes == result.attributes
    lazy = opened.dataset["plasma.oxytocin_concentration"]
    assert not lazy.variable._in_memory
    assert lazy.sel(time=600.0, subject=1).item() == result.dataset[lazy.name].sel(time=600.0, subject=1).item()
    assert opened.dataset.equals(result.dataset)
    assert opened.summary() == result.summary()
    assert opened.save(saved) == saved


def test_saving_replaces_a_result_and_nothing_else(result, saved, tmp_path):
    place = tmp_path / "deep" / "run"
    Result.open(saved).save(place)
    result.save(place)
    assert Result.open(place).content_hash == result.content_hash
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="not a knuffel result"):
        result.save(tmp_path / "mine")
    with pytest.raises(StoreError):
        result.save(tmp_path / "mine" / "letter.txt")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert not list(tmp_path.rglob("*.partial"))
    with pytest.raises(StoreError):
        Result.open(tmp_path)


def record(name, data):
    return Recorded({name: Variable(name, ("x",), "1", "x", data)})


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=50), st.integers(0, 49))
def test_the_hash_sees_every_number_name_type_and_shape(values, place):
    data = np.array(values)
    before = content_hash(record("a", data))
    assert before == content_hash(record("a", data.copy()))
    assert before != content_hash(record("b", data))
    assert before != content_hash(record("a", data.astype(np.float32)))
    assert before != content_hash(Recorded({"a": Variable("a", ("y", "x"), "1", "x", data[np.newaxis])}))
    changed = data.copy()
    changed[place % len(data)] += 1 + abs(changed[place % len(data)])
    if not np.array_equal(changed, data):
        assert before != content_hash(record("a", changed))


def test_the_hash_does_not_see_memory_layout_or_order_of_names():
    rng = np.random.default_rng(0)
    data = rng.standard_normal((3, 700_000))
    layouts = [data, np.asfortranarray(data), data.astype(">f8")]
    items = [Variable("b", ("subject", "time"), "1", "x", layout) for layout in layouts]
    other = Variable("a", ("time",), "1", "x", np.arange(3))
    hashes = {content_hash(Recorded({"b": item, "a": other})) for item in items}
    hashes.add(content_hash(Recorded({"a": other, "b": items[0]})))
    assert len(hashes) == 1


def test_references_and_notices(result):
    first, second = result.cite()
    assert "https://doi.org/10.1111/j.2042-7158.1995.tb06716.x" in second
    assert first.startswith("Doe J, Roe R (2018)")
    assert result.notices[0].where == "secretion"
    assert "infusion_man" in repr(result)


def test_csv_files(result, tmp_path):
    written = result.to_csv(tmp_path / "out")
    names = [path.name for path in written]
    assert names == ["time_series.csv", "spikes.csv", "samples.csv", "summary.csv", "parameters.csv", "provenance.json"]
    notes, rows = read(tmp_path / "out" / "time_series.csv")
    assert any("plasma.oxytocin_concentration: pg/mL" in line for line in notes)
    assert any(result.content_hash in line for line in notes)
    held = result.recorded.variables
    assert len(rows) == 2 * len(held["time"].data)
    level = [float(row["plasma.oxytocin_concentration"]) for row in rows if row["subject"] == "1"]
    assert np.array_equal(level, held["plasma.oxytocin_concentration"].data[1])
    assert [float(row["time_s"]) for row in rows[:3]] == [0, 10, 20]
    _, spikes = read(tmp_path / "out" / "spikes.csv")
    assert set(spikes[0]) == {"time_s", "subject", "neuron"}
    assert len(spikes) == len(held["neurons.spike.time"].data)
    assert float(spikes[-1]["time_s"]) == held["neurons.spike.time"].data[-1] / 1000
    _, samples = read(tmp_path / "out" / "samples.csv")
    assert len(samples) == 2 * 2 * 5
    assert {row["unit"] for row in samples} == {"pg/mL"}
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["seed"] == 1
    assert not list(tmp_path.rglob("*.partial"))


def test_contractions_are_written(tmp_path):
    run = Result(synthetic.labour(minutes=60))
    run.to_csv(tmp_path)
    _, rows = read(tmp_path / "contractions.csv")
    assert set(rows[0]) == {"time_s", "subject", "number", "amplitude_mmHg", "duration_s"}
    assert len(rows) == len(run.recorded.variables["uterus.contraction.time"].data)


def test_netcdf_holds_the_same(result, tmp_path):
    pytest.importorskip("h5py")
    import xarray

    result.recorded.attributes["parameters"] = synthetic.PARAMETERS * 500
    path = result.to_netcdf(tmp_path / "run.nc")
    with xarray.open_dataset(path, engine="h5netcdf") as read_back:
        assert read_back.equals(result.dataset)
        assert len(json.loads(read_back.attrs["parameters"])) == 1000
        assert read_back.attrs["content_hash"] == result.content_hash
        assert read_back["time"].attrs["clock_at_zero"] == "09:00"
    result.recorded.attributes["parameters"] = synthetic.PARAMETERS
    empty = Result(synthetic.contractions([], minutes=2)).to_netcdf(tmp_path / "empty.nc")
    with xarray.open_dataset(empty, engine="h5netcdf") as read_back:
        assert read_back.sizes["uterus.contraction"] == 0


@pytest.mark.parametrize("export", ["to_csv", "to_netcdf", "save", "figure", "report"])
def test_an_unwritable_place_is_a_store_error(result, tmp_path, export):
    if export == "to_netcdf":
        pytest.importorskip("h5py")
    (tmp_path / "file").write_text("x")
    ending = {"figure": ".png", "report": ".html", "to_netcdf": ".nc"}.get(export, "")
    with pytest.raises(StoreError, match="file"):
        getattr(result, export)(tmp_path / "file" / f"below{ending}")
    assert (tmp_path / "file").read_text() == "x"


def test_a_full_disk_leaves_no_half_file(result, tmp_path, monkeypatch):
    import errno
    import os

    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="disk is full"):
        result.to_csv(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_result_is_light():
    code = "import sys, knuffel.result, knuffel.analysis.summaries; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("xarray", "matplotlib", "pandas", "numba", "scipy", "zarr", "jinja2", "pint"):
        assert f"'{heavy}'" not in loaded


def test_an_unfinished_store_cannot_be_opened(saved, tmp_path):
    import shutil

    import zarr

    shutil.copytree(saved, tmp_path / "copy")
    group = zarr.open_group(str(tmp_path / "copy" / RESULT), mode="r+")
    group.attrs["complete"] = False
    with pytest.raises(StoreError, match="interrupted"):
        open_store(tmp_path / "copy")
