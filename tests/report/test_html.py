import re
import sys
import tomllib
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from knuffel.errors import MissingExtra
from knuffel.report.html import render
from knuffel.report.texts import LANGUAGES, texts
from knuffel.result import Result
from tests.fixtures import synthetic


@pytest.fixture(scope="module")
def result():
    return Result(synthetic.infusion(minutes=100, cells=5))


@pytest.fixture(scope="module")
def pages(result):
    return {lang: render(result, lang=lang) for lang in LANGUAGES}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.attributes, self.words, self.open, self.skip = [], [], [], False

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.skip = tag == "style"
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.skip = False

    def handle_data(self, data):
        if not self.skip:
            self.words.append(data)


def parse(page):
    parser = Page()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_fetched_from_outside(pages, lang):
    page = parse(pages[lang])
    for tag, name, value in page.attributes:
        assert tag not in ("script", "link", "iframe", "object", "embed")
        if name in ("src", "srcset", "data", "poster", "action", "background"):
            assert value.startswith("data:image/png;base64,")
        if name == "href":
            assert tag == "a"
            assert value.startswith("https://doi.org/")
        assert not name.startswith("on")
    style = re.search(r"<style>(.*?)</style>", pages[lang], re.S).group(1)
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_comes_from_outside_is_escaped(pages, lang):
    assert "<i>" not in pages[lang]
    assert "slope above the knee <b>" not in pages[lang]
    assert "slope above the knee &lt;b&gt;" in pages[lang]
    assert "made-up &lt;paper&gt; &amp; test" in pages[lang]


def test_a_wicked_title_is_only_text():
    run = synthetic.infusion(minutes=15, cells=2)
    run.attributes["title"] = {"en": "<script>alert(1)</script>"}
    run.attributes["sources"] = [{"key": "k", "doi": '10.1/"><script>', "title": "t", "authors": "a"}]
    page = render(Result(run))
    assert "<script" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_holds_what_it_should(pages, result, lang):
    words = " ".join(parse(pages[lang]).words)
    for name in result.summary():
        assert name in words
    for needed in (
        result.content_hash,
        result.attributes["scenario_hash"],
        "plasma.clearance",
        "18.63" if lang == "en" else "18,63",
        "mL/s",
        "de_groot_1995",
        "10.1111/j.2042-7158.1995.tb06716.x",
        "oxytocin 10 mU/min iv",
        "the human gland slope is assumed",
        "ria_extracted",
    ):
        assert needed in words, needed
    assert f'<html lang="{lang}">' in pages[lang]
    assert texts(lang)("not_advice") in words


def test_both_languages_have_the_same_texts_and_places():
    table = tomllib.loads(files("knuffel.report").joinpath("texts.toml").read_text(encoding="utf-8"))
    assert set(table) == set(LANGUAGES)

    def flat(part, prefix=""):
        for key, value in part.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield prefix + key, value

    english, dutch = (dict(flat(table[lang])) for lang in LANGUAGES)
    assert set(english) == set(dutch)
    for key, text in english.items():
        assert text.strip()
        assert dutch[key].strip()
        assert sorted(re.findall(r"{(\w+)}", text)) == sorted(re.findall(r"{(\w+)}", dutch[key])), key


def test_no_english_is_left_in_dutch(pages):
    english, dutch = texts("en"), texts("nl")
    words = parse(pages["nl"]).words
    shown = {word.strip() for word in words}
    for key in ("summary", "report_title", "parameters_title", "notices", "samples", "sources", "provenance"):
        try:
            text = english(key)
        except KeyError:
            continue
        if text != dutch(key):
            assert text not in shown
    assert "Oxytocine in het plasma: hoogste" in shown
    assert "aangenomen" in shown


def test_numbers_read_well():
    english, dutch = texts("en"), texts("nl")
    assert english.number(1234567.0) == "1234567"
    assert dutch.number(0.5) == "0,5"
    assert english.number(-2.25) == "\N{MINUS SIGN}2.25"
    assert english.number(1.5e-7) == "1.5 · 10⁻⁷"
    assert english.span(90_000) == "1.5 min"
    assert dutch.span(4 * 3_600_000) == "4 uur"
    assert dutch.grade("assumed, part prescribed, stimulus grade C") == (
        "aangenomen, deels voorgeschreven, graad van de prikkel C"
    )
    assert english.grade("") == "not graded"
    with pytest.raises(KeyError):
        english("no such text")


def test_many_samples_are_cut_and_it_says_so():
    run = synthetic.infusion(minutes=240, subjects=20, cells=1)
    page = render(Result(run))
    assert "The first 200 of 680 samples" in page


def test_the_report_is_written_whole(result, tmp_path):
    path = result.report(tmp_path / "report.html", "nl")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(ValueError, match="language"):
        result.report(tmp_path / "x.html", "xx")


def test_a_missing_library_is_named(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"knuffel\[plot\]"):
        render(result)


def test_every_step_of_a_dose_is_in_the_report():
    page = render(Result(synthetic.labour(minutes=120)))
    words = [word.strip() for word in parse(page).words]
    start = words.index("30 min to 60 min")
    assert [word for word in words[start : start + 8] if word][:3] == ["30 min to 60 min", "1", "mU/min"]
    assert "60 min to 90 min" in words


@pytest.mark.parametrize(("lang", "label"), [("en", "Changed by the user:"), ("nl", "Gewijzigd door de gebruiker:")])
def test_changes_are_in_the_report(lang, label):
    run = synthetic.infusion(minutes=15, cells=2)
    run.attributes["changes"] = ["stimuli[0].duration=10 min", "title.en=<b>"]
    page = render(Result(run), lang=lang)
    assert label in page
    assert "stimuli[0].duration=10 min; title.en=&lt;b&gt;" in page


def test_counts_are_whole_and_persons_start_at_one(pages, result):
    count = int(result.summary()["neurons.spike.count"]["value"])
    words = [word.strip() for word in parse(pages["en"]).words]
    assert str(count) in words
    place = words.index("extracted RIA")
    assert [word for word in words[place : place + 3] if word][1] == "1"
    assert "RIA na extractie" in pages["nl"]
    assert "gebruiker file.yaml:12" in pages["nl"]
