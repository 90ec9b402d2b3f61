"""What is written is read back; whatever stands in a file gives a table or a `DataError`."""

from __future__ import annotations

import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knuffel.dosing_tables import (
    ROUTES,
    Dose,
    EventTable,
    Observation,
    ObservedRow,
    read_event_table,
    write_event_table,
    write_observations,
)
from knuffel.errors import DataError, StoreError

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = st.text(string.ascii_letters + string.digits + " ,;'-_é.", min_size=1, max_size=12).map(str.strip).filter(
    lambda text: text not in ("", ".")
)  # fmt: skip
TIMES = st.integers(-(10**12), 10**12)
AMOUNTS = st.floats(1e-6, 1e9)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> EventTable:
    """Draw a table with up to four subjects."""
    ids = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    unit, per = draw(st.sampled_from(["IU", "ug", "mg", "nmol", "pg"])), draw(st.sampled_from(["min", "s"]))
    doses = []
    for _ in range(draw(st.integers(0, 6))):
        route = draw(st.sampled_from(ROUTES))
        infused = route == "iv_infusion" or (route in ("icv", "subcutaneous") and draw(st.booleans()))
        rate = draw(st.floats(1e-3, 1e6)) if infused else None
        amount = draw(st.floats(1e-3, 1e3)) if infused else draw(AMOUNTS)
        drug = draw(st.sampled_from(["oxytocin", "carbetocin"]))
        doses.append(
            Dose(
                draw(st.sampled_from(ids)),
                draw(TIMES),
                amount,
                unit,
                rate,
                route,
                drug,
                per=per if infused else "min",
            )
        )
    values = st.one_of(st.none(), NUMBERS)
    seen = st.builds(Observation, st.sampled_from(ids), TIMES, values, st.booleans())
    observations = draw(st.lists(seen, max_size=8))
    texts = NAMES.map(lambda text: "x" + text)
    facts = {
        "WT": st.floats(0.01, 500),
        "SEX": st.sampled_from(["female", "male"]),
        "WEEK": st.floats(0, 45),
        "AGE[year]": NUMBERS,
        "GROUP": texts,
    }
    known = st.fixed_dictionaries({}, optional=facts)
    covariates = {subject: draw(known) for subject in ids if draw(st.booleans())}
    observed = draw(st.sampled_from(["pg/mL", "ng/mL", "pmol/L", "mmHg"])) if observations else None
    return EventTable(tuple(ids), tuple(doses), tuple(observations), covariates, observed)  # type: ignore[arg-type]


@QUICK
@given(table=tables())
def test_what_is_written_is_read_back(table: EventTable, tmp_path: Path) -> None:
    path = write_event_table(tmp_path / "table.csv", table)
    assert read_event_table(path) == table
    assert [place.name for place in tmp_path.iterdir()] == ["table.csv"]


def attempt(path: Path) -> None:
    for units in (None, {"TIME": "min", "AMT": "IU", "DV": "pg/mL", "RATE": "mU/min", "WT": "kg"}):
        with suppress(DataError):
            table = read_event_table(path, units=units, routes={"1": "im"}, route="iv_bolus")
            copy = write_event_table(path.with_suffix(".copy"), table)
            assert read_event_table(copy) == table


@QUICK
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode(errors="ignore"))))
def test_random_content(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "random.csv"
    path.write_bytes(content)
    attempt(path)
    path.write_bytes(b"ID,TIME,AMT,DV,WT,X\n" + content)
    attempt(path)


USUAL = {
    "ID": ["1", "1", "1", "2"], "TIME[min]": ["0", "0.5", "2", "2", "3e1"], "AMT[IU]": [".", "", "0", "10", "0.3"],
    "RATE[mU/min]": [".", "0", "10"], "EVID": ["0", "1", "2", "."], "ADDL": [".", "0", "2"], "II": [".", "60"],
    "CMT": ["1", "oral", "."], "ROUTE": ["im", "iv_infusion", "icv", "."], "DV[pg/mL]": [".", "0", "3.5"],
    "DRUG": ["oxytocin", "Carbetocin", "."], "MDV": ["0", "1", "."], "DUR": [".", "10"], "SS": ["0", "."],
    "BLQ": ["0", "1"], "WT[kg]": ["70", "70", "."], "SEX": ["F", "F", "M"], "AGE[y]": ["31", "old", "."],
    "A[b": ["1", "x"], "Z(((": ["."], "X[kg][kg]": ["a b"],
}  # fmt: skip
ODD = ["", ".", "0", "1", "2", "3", "4", "-1", "-2", "1e999", "nan", "0.5", "10:30", "1,5", "im", "iv_infusion",
       "a b", "1e308", "1e-320", "1_0", "\u0661", '"', '"x', '""', "#", "F", "1e9", "0x1", "1D2", "\x85",
       "\u2028"]  # fmt: skip


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """Draw a table whose fields mostly make sense."""
    extra = draw(st.lists(st.sampled_from(list(USUAL)[4:]), max_size=6, unique=True))
    head = ["ID", "TIME[min]", "AMT[IU]", "DV[pg/mL]", *(name for name in extra if name != "DV[pg/mL]")]
    odd = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        strange = [odd and draw(st.integers(0, 9)) == 0 for _ in head]
        choices = [ODD if wrong else USUAL[name] for name, wrong in zip(head, strange, strict=True)]
        rows.append([draw(st.sampled_from(choice)) for choice in choices])
    separator = draw(st.sampled_from([",", ";", "\t"]))
    return "\n".join(separator.join(line) for line in [head, *rows])


@QUICK
@given(text=pieces())
def test_pieces_of_tables(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pieces.csv"
    path.write_bytes(text.encode())
    attempt(path)


def test_every_digit_is_written(tmp_path: Path) -> None:
    seen = (Observation("1", 1, 0.1 + 0.2), Observation("1", 10**12 - 1, 5e-324))
    table = EventTable(("1",), observations=seen, observation_unit="pg/mL")
    assert read_event_table(write_event_table(tmp_path / "x.csv", table)).observations == seen


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        write_event_table(path, EventTable(("1",)))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(StoreError, match="cannot be written"):
        write_event_table(tmp_path / "nowhere" / "x.csv", EventTable(("1",)))


def test_observations(tmp_path: Path) -> None:
    rows = [
        ObservedRow("1", 90_000, 2.25, "pg/mL", assay="ria_extracted", variable="plasma.oxytocin_concentration"),
        ObservedRow("1", 120_000, None, "pg/mL", below=True),
    ]
    path = write_observations(tmp_path / "seen.csv", rows)
    assert path.read_text().splitlines() == [
        "ID,TIME[min],DV[pg/mL],BLQ,ASSAY,VARIABLE",
        "1,1.5,2.25,0,ria_extracted,plasma.oxytocin_concentration",
        "1,2,.,1,.,.",
    ]
    table = read_event_table(path)
    assert table.observations == (Observation("1", 90_000, 2.25), Observation("1", 120_000, None, below=True))
    assert table.covariates == {"1": {"ASSAY": "ria_extracted", "VARIABLE": "plasma.oxytocin_concentration"}}


@pytest.mark.parametrize("rows", [
    [], [ObservedRow("1", 0, 1.0, "pg/mL"), ObservedRow("1", 0, 1.0, "ng/mL")],
    [ObservedRow("", 0, 1.0, "pg/mL")], [ObservedRow("1", 0, float("inf"), "pg/mL")],
])  # fmt: skip
def test_observations_that_cannot_be_written(rows: list[ObservedRow], tmp_path: Path) -> None:
    with pytest.raises(DataError):
        write_observations(tmp_path / "seen.csv", rows)
    assert list(tmp_path.iterdir()) == []


ONE = Dose("1", 0, 1.0, "IU", None, "im", "oxytocin")


@pytest.mark.parametrize(("options", "message"), [
    ({"doses": (Dose("2", 0, 1.0, "IU", None, "im", "oxytocin"),)}, "not in the table"),
    ({"doses": (Dose("1", 0, -1.0, "IU", None, "im", "oxytocin"),)}, "above 0"),
    ({"doses": (Dose("1", 0, 1.0, "IU", None, "nose", "oxytocin"),)}, "no such route"),
    ({"doses": (Dose("1", 0, 1.0, "IU", None, "iv_infusion", "oxytocin"),)}, "needs a rate"),
    ({"doses": (Dose("1", 0, 1.0, "IU", 1.0, "im", "oxytocin"),)}, "has no rate"),
    ({"doses": (Dose("1", 0, 1.0, "h", None, "im", "oxytocin"),)}, "in this unit"),
    ({"doses": (Dose("1", 0, 1.0, "IU", None, "im", "OXYTOCIN"),)}, "small letters"),
    ({"doses": (ONE, Dose("1", 0, 1.0, "ug", None, "im", "oxytocin"))}, "one unit"),
    ({"doses": (Dose("1", 10**13, 1.0, "IU", None, "im", "oxytocin"),)}, "whole milliseconds"),
    ({"observations": (Observation("1", 0, 1.0),)}, "need a unit"),
    ({"observations": (Observation("1", 0, 1.0),), "observation_unit": "h"}, "in this unit"),
    ({"observations": (Observation("1", 0, float("nan")),), "observation_unit": "pg/mL"}, "not finite"),
    ({"covariates": {"1": {"WT": -1.0}}}, "above 0"), ({"covariates": {"1": {"SEX": "x"}}}, "female, male"),
    ({"covariates": {"1": {"A": "12"}}}, "all numbers, or texts"), ({"covariates": {"1": {"a": 1.0}}}, "this name"),
    ({"covariates": {"1": {"DV": 1.0}}}, "this name"), ({"covariates": {"2": {"A": 1.0}}}, "not in the table"),
])  # fmt: skip
def test_tables_that_could_not_be_read_back(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        EventTable(("1",), **options)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="need names"):
        EventTable(())
