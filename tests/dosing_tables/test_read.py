"""Tables of events: what a row means, which units hold, and what is refused with its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knuffel.dosing_tables import ROUTES, Dose, EventTable, Observation, read_event_table
from knuffel.errors import DataError

Reader = Callable[..., EventTable]

HEAD = "ID,TIME[min],EVID,AMT[IU],RATE[mU/min],ADDL,II[h],ROUTE,DV[pg/mL],MDV\n"


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Read a text as a table."""

    def call(text: str | bytes, **options: Any) -> EventTable:
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_event_table(path, **options)

    return call


def test_dose_observation_and_covariates(read: Reader) -> None:
    table = read(
        "# a study\nID,TIME[h],AMT[ug],ROUTE,DV[ng/mL],WT[g],SEX,WEEK,DAYS,GROUP,AGE (year),OCC\n"
        "a,0,.,.,0.1,70000,F,12,.,treated,31,1\n"
        "a,0.5,16.7,im,.,70000,F,12,.,treated,31,2\n"
        "b,1.5,,,0.3,80000,M,,3,control,,1\n"
    )
    assert table.ids == ("a", "b")
    assert table.doses == (Dose("a", 1_800_000, 16.7, "ug", None, "im", "oxytocin"),)
    assert table.doses[0].line == 4
    assert table.observations == (Observation("a", 0, 0.1), Observation("b", 5_400_000, 0.3))
    assert table.observation_unit == "ng/mL"
    assert table.covariates == {
        "a": {"WT": pytest.approx(70), "SEX": "female", "WEEK": 12, "GROUP": "treated", "AGE[year]": 31},
        "b": {"WT": pytest.approx(80), "SEX": "male", "DAYS": 3, "GROUP": "control"},
    }
    assert [notice.message for notice in table.notices] == ["columns that change within a subject are not read: OCC"]
    assert table.doses_of("b") == ()
    assert table.observations_of("b") == (Observation("b", 5_400_000, 0.3),)


def test_an_infusion_lasts_amount_over_rate(read: Reader) -> None:
    table = read(HEAD + "1,5,1,0.6,10,.,.,iv_infusion,.,1\n")
    assert table.doses[0].rate == pytest.approx(0.01)
    assert table.doses[0].duration_ms == 3_600_000


def test_rate_minus_two_takes_the_duration(read: Reader) -> None:
    table = read("ID,TIME[min],AMT[ug],RATE,DUR[h],CMT\n1,0,60,-2,0.5,1\n", routes={"1": "iv_bolus"})
    assert table.doses[0].rate == pytest.approx(2)
    assert table.doses[0].route == "iv_infusion"
    assert table.doses[0].duration_ms == 1_800_000


def test_the_weight_of_an_international_unit_is_that_of_the_drug(read: Reader) -> None:
    text = "ID,TIME[min],AMT[ug],RATE[mU/min],ROUTE,DRUG\n1,0,17.1,1000,iv_infusion,{}\n"
    assert read(text.format("oxytocin")).doses[0].duration_ms == 600_000
    with pytest.raises(DataError, match="how much an IU of carbetocin weighs is not known"):
        read(text.format("carbetocin"))


def test_additional_doses(read: Reader) -> None:
    table = read(HEAD + "1,10,1,5,.,3,2,im,.,1\n1,15,1,1,.,0,.,im,.,1\n")
    assert [(dose.time_ms // 60_000, dose.amount) for dose in table.doses] == [
        (10, 5), (15, 1), (130, 5), (250, 5), (370, 5)
    ]  # fmt: skip


def test_what_counts_as_missing(read: Reader) -> None:
    table = read(
        HEAD
        + "1,0,1,7,0.00,.,.,im,0.000,.\n1,0,0,0.0,0.00,.,,.,5,0\n1,1,0,0,0,0,0,,6,1\n1,2,0,,,,,,.,.\n1,3,2,,,,,,.,1\n"
    )
    assert [seen.value for seen in table.observations] == [5, None, None]
    assert [notice.code for notice in table.notices] == ["table_other_events"]


def test_events_follow_from_amounts_without_evid(read: Reader) -> None:
    table = read("ID TIME[min] AMT[IU] DV[pg/mL] BLQ\n1 0 10 . .\n1 5 . 0.5 1\n1 6 . 2 0\n", route="oral")
    assert (table.doses[0].route, len(table.observations)) == ("oral", 2)
    assert [seen.below for seen in table.observations] == [True, False]


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("start", ["", "\ufeff", "# TIME[min] AMT[IU]\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_layouts(read: Reader, separator: str, start: str, end: str) -> None:
    units = {} if start.startswith("#") else {"TIME": "min", "amt": "IU"}
    lines = ["ID,TIME,AMT,ROUTE", "1,2,3,icv"]
    table = read(start + end.join(line.replace(",", separator) for line in lines) + end, units=units)
    assert table.doses == (Dose("1", 120_000, 3.0, "IU", None, "icv", "oxytocin"),)


def test_a_heading_in_a_comment(read: Reader) -> None:
    assert read("#ID,TIME[s],DV[pg/mL]\n1,2,3\n").observations == (Observation("1", 2000, 3.0),)


def test_the_unit_of_the_caller_wins_and_says_so(read: Reader) -> None:
    table = read("ID,TIME[min],DV[pg/mL]\n1,2,3\n", units={"TIME": "h"})
    assert table.observations[0].time_ms == 7_200_000
    assert "TIME: the file says min; h was asked for" in table.notices[0].message


def test_a_table_without_subjects(read: Reader) -> None:
    assert read("TIME[min],DV[pg/mL]\n0,1\n", subject="x").ids == ("x",)


def test_codes_of_sex(read: Reader) -> None:
    text = "ID,TIME[min],DV[pg/mL],SEX\n1,0,1,1\n"
    assert read(text, sex={"1": "female"}).covariates == {"1": {"SEX": "female"}}
    with pytest.raises(DataError, match=r"column SEX: no sex \(found 1; allowed: F or M; for codes say"):
        read(text)


@pytest.mark.parametrize("route", ROUTES)
def test_every_route(read: Reader, route: str) -> None:
    rate = "10" if route == "iv_infusion" else "."
    assert read(HEAD + f"1,0,1,5,{rate},.,.,{route},.,1\n").doses[0].route == route


WRONG = {
    "reset": ("1,0,3,.,.,.,.,.,.,.", "a reset is not supported"),
    "reset and dose": ("1,0,4,5,.,.,.,im,.,.", "a reset and dose is not supported"),
    "event": ("1,0,5,5,.,.,.,im,.,.", "there is no such event"),
    "half an event": ("1,0,0.5,5,.,.,.,im,.,.", "not a whole number"),
    "no amount": ("1,0,1,.,.,.,.,im,.,.", r"column AMT: a dose \(EVID 1\) needs an amount"),
    "negative amount": ("1,0,1,-5,.,.,.,im,.,.", "column AMT: below zero"),
    "amount observed": ("1,0,0,5,.,.,.,im,.,.", r"an observation \(EVID 0\) has no amount"),
    "rate observed": ("1,0,0,.,5,.,.,.,2,0", "column RATE: this belongs to a dose"),
    "observed with a dose": ("1,0,1,5,.,.,.,im,3,0", "the row of a dose holds no observation"),
    "route": ("1,0,1,5,.,.,.,vaginal_gle,.,1", "did you mean 'vaginal_gel'"),
    "no route": ("1,0,1,5,.,.,.,.,.,1", "the route of a dose is not given"),
    "rate by mouth": ("1,0,1,5,3,.,.,oral,.,1", "a dose on this route has no rate"),
    "infusion without rate": ("1,0,1,5,.,.,.,iv_infusion,.,1", "an infusion needs a rate"),
    "rate to be estimated": ("1,0,1,5,-1,.,.,iv_infusion,.,1", r"RATE -1 \(a rate to be estimated\)"),
    "rate -2": ("1,0,1,5,-2,.,.,iv_infusion,.,1", "RATE -2 without DUR is not supported"),
    "negative rate": ("1,0,1,5,-7,.,.,iv_infusion,.,1", "a rate below zero"),
    "endless": ("1,0,1,5,1e-300,.,.,iv_infusion,.,1", "too fast or too slow"),
    "negative ADDL": ("1,0,1,5,.,-1,2,im,.,1", "column ADDL: below zero"),
    "half ADDL": ("1,0,1,5,.,1.5,2,im,.,1", "column ADDL: not a whole number"),
    "negative II": ("1,0,1,5,.,1,-2,im,.,1", "column II: below zero"),
    "ADDL without II": ("1,0,1,5,.,1,.,im,.,1", r"column II: additional doses \(ADDL\) need an interval"),
    "too many": ("1,0,1,5,.,1e9,2,im,.,1", "these are too many doses"),
    "not finite": ("1,0,0,.,.,.,.,.,inf,0", "column DV: not a finite number"),
    "overflow": ("1,0,0,.,.,.,.,.,1e999,0", "column DV: not a finite number"),
    "no number": ("1,0,0,.,.,.,.,.,low,0", r"column DV: not a number \(found low"),
    "clock": ("1,08:30,0,.,.,.,.,.,2,0", "column TIME: this is a time of the clock"),
    "date": ("1,2020-01-02,0,.,.,.,.,.,2,0", "column TIME: this is a time of the clock"),
    "no time": ("1,.,0,.,.,.,.,.,2,0", "column TIME: no time"),
    "far": ("1,1e30,0,.,.,.,.,.,2,0", "too far away"),
    "no subject": (".,0,0,.,.,.,.,.,2,0", "the subject is not named"),
    "flag": ("1,0,0,.,.,.,.,.,2,7", "column MDV: neither yes nor no"),
    "fields": ("1,0,0", "another number of columns than in the heading"),
    "quotes": ('1,0,0,.,.,.,.,".,2,0', "quotes are opened and not closed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_refused_with_its_line(read: Reader, case: str) -> None:
    row, message = WRONG[case]
    with pytest.raises(DataError, match=rf"table\.csv:3: .*{message}"):
        read(HEAD + "0,0,0,.,.,.,.,.,2,0\n" + row + "\n")


def test_steady_state_is_refused(read: Reader) -> None:
    with pytest.raises(DataError, match="steady state is not supported"):
        read("ID,TIME[min],AMT[IU],ROUTE,SS,II[min]\n1,0,5,im,1,60\n")


def test_order_of_times_and_subjects(read: Reader) -> None:
    with pytest.raises(DataError, match=r"csv:3: column TIME: the times go back \(found 3; allowed: not before"):
        read("ID,TIME[min],DV[pg/mL]\n1,5,1\n1,3,1\n")
    with pytest.raises(DataError, match=r"csv:4: column ID: the rows of a subject are apart"):
        read("ID,TIME[min],DV[pg/mL]\n1,5,1\n2,3,1\n1,6,1\n")


def test_all_mistakes_at_once(read: Reader) -> None:
    with pytest.raises(DataError, match="3 problems in the table") as caught:
        read(HEAD + "1,x,1,5,.,.,.,nose,.,1\n1,5,0,.,.,.,.,.,y,0\n")
    assert [line.split(":")[1:3] for line in str(caught.value).splitlines()[1:]] == [
        ["2", " column TIME"], ["2", " column ROUTE"], ["3", " column DV"]
    ]  # fmt: skip
    with pytest.raises(DataError, match="20 or more problems"):
        read(HEAD + "1,x,0,.,.,.,.,.,1,0\n" * 50)


@pytest.mark.parametrize(("column", "text"), [
    ("TIME", "ID,TIME,DV[pg/mL]\n1,0,1\n"), ("DV", "ID,TIME[s],DV\n1,0,1\n"),
    ("AMT", "ID,TIME[s],AMT,ROUTE\n1,0,1,im\n"), ("RATE", "ID,TIME[s],AMT[IU],RATE,ROUTE\n1,0,1,1,iv_infusion\n"),
    ("WT", "ID,TIME[s],DV[pg/mL],WT\n1,0,1,70\n"),
])  # fmt: skip
def test_no_unit_is_guessed(read: Reader, column: str, text: str) -> None:
    with pytest.raises(DataError, match=rf"csv:1: column {column}: the unit of this column is not given .*units=\{{"):
        read(text)


@pytest.mark.parametrize("units", [{"TIME": "kg"}, {"DV": "h"}, {"AMT": "h"}, {"AMT": "??"}, {"WIEGHT": "kg"}])
def test_wrong_units(read: Reader, units: dict[str, str]) -> None:
    with pytest.raises(DataError, match=next(iter(units))):
        read("ID,TIME[s],AMT[IU],ROUTE,DV[pg/mL]\n1,0,1,im,.\n1,2,.,.,4\n", units=units)


def test_wrong_headings(read: Reader) -> None:
    with pytest.raises(DataError, match=r"the column TIME is missing .*rename TIMES to TIME"):
        read("ID,TIMES,DV[pg/mL]\n1,0,1\n")
    with pytest.raises(DataError, match="the column AMT or DV is missing"):
        read("ID,TIME[s],X\n1,0,1\n")
    with pytest.raises(DataError, match="two columns have the same name"):
        read("ID,TIME[s],DV[pg/mL],DV[ng/mL]\n1,0,1,2\n")
    with pytest.raises(DataError, match="a column without a name"):
        read("ID,TIME[s],,DV[ng/mL]\n1,0,1,2\n")
    with pytest.raises(DataError, match="at most 500 columns"):
        read("ID,TIME[s]," + ",".join(f"C{number}" for number in range(1_000_000)) + "\n")
    with pytest.raises(DataError, match="the table has no rows"):
        read(HEAD)
    with pytest.raises(DataError, match="this changes within a subject"):
        read("ID,TIME[s],DV[pg/mL],WT[kg]\n1,0,1,70\n1,1,1,71\n")


def test_wrong_files(read: Reader, tmp_path: Path) -> None:
    for content, message in ((b"", "the file is empty"), (b"ID,TIME\n\xff", r":2: the file is not UTF-8 text .*0xff"),
                             (b"a\0", "a zero byte"), (b"#\n", "no heading")):  # fmt: skip
        with pytest.raises(DataError, match=message):
            read(content)
    for place in ("", "\0", str(tmp_path), str(tmp_path / "nowhere.csv")):
        with pytest.raises(DataError):
            read_event_table(place)


def test_wrong_arguments(read: Reader) -> None:
    with pytest.raises(DataError, match="did you mean 'sublingual'"):
        read(HEAD, routes={"1": "sublingal"})
    with pytest.raises(DataError, match="no such route"):
        read(HEAD, route="nose")
    with pytest.raises(DataError, match="something else"):
        read(HEAD, sex={"1": "woman"})
    with pytest.raises(DataError, match="drug"):
        read(HEAD, drug="")


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    rows = (
        f"{number // 100},{number % 100},0,.,.,.,.,.,{number / 7},0\n" if number % 100 else
        f"{number // 100},0,1,5,.,.,.,im,.,1\n" for number in range(100_000)
    )  # fmt: skip
    path = tmp_path / "large.csv"
    path.write_text(HEAD + "".join(rows))
    start = time.process_time()  # of this process alone: others may share the machine
    table = read_event_table(path)
    assert time.process_time() - start < 3
    assert (len(table.ids), len(table.doses), len(table.observations)) == (1000, 1000, 99_000)
