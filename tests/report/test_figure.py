import subprocess
import sys

import numpy as np
import pytest

from knuffel.errors import MissingExtra, StoreError
from knuffel.report.view import envelope, outline
from knuffel.result import Result
from tests.fixtures import synthetic


@pytest.fixture(scope="module")
def infusion():
    return Result(synthetic.infusion(minutes=100, cells=20))


@pytest.fixture(scope="module")
def labour():
    return Result(synthetic.labour(minutes=60))


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def overlaps(figure):
    """Return pairs of texts of the figure (titles, labels, ticks, legends) that lie on each other, or are cut off."""
    figure.canvas.draw()
    boxes = []
    page = figure.bbox
    unseen = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            unseen |= {id(tick.label1) for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    for text in figure.findobj(lambda item: hasattr(item, "get_text") and item.get_visible() and item.get_text()):
        if id(text) in unseen:
            continue
        box = text.get_window_extent()
        if box.width > 1 and box.height > 1 and text.get_figure() is not None:
            boxes.append((text.get_text(), box))
    clipped = [name for name, box in boxes if box.x0 < 0 or box.x1 > page.x1 or box.y0 < 0 or box.y1 > page.y1]
    found = []
    for place, (name, box) in enumerate(boxes):
        for other, second in boxes[place + 1 :]:
            shared_x = min(box.x1, second.x1) - max(box.x0, second.x0)
            shared_y = min(box.y1, second.y1) - max(box.y0, second.y0)
            if shared_x > 2 and shared_y > 3 and name != other:
                found.append((name, other))
    return found, clipped


def test_panels_only_for_what_ran(infusion, labour):
    assert titles(infusion.figure()) == [
        "What happens",
        "Spikes of 20 of 20 neurons",
        "Mean firing rate",
        "Secretion into blood",
        "Oxytocin in plasma",
        "The same blood, another assay",
        "Receptor effect in the myometrium",
    ] or titles(infusion.figure())[1].startswith("Firing of 20")
    assert titles(labour.figure()) == [
        "What happens",
        "Oxytocin in plasma",
        "Pressure in the uterus, as the catheter shows it",
        "Activity of the uterus",
    ]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_panel_has_a_unit_and_nothing_overlaps(infusion, labour, lang):
    for result in (infusion, labour):
        figure = result.figure(lang=lang)
        for axes in figure.axes[1:]:
            label = axes.get_ylabel()
            assert "(" in label or label in ("neuron", "zenuwcel")
            assert axes.get_title(loc="right")
        assert figure.axes[-1].get_xlabel()
        found, clipped = overlaps(figure)
        assert not found
        assert not clipped


def test_panels_share_the_time_axis(labour):
    limits = {axes.get_xlim() for axes in labour.figure().axes}
    assert limits == {(0.0, 60.0)}


def test_the_caption_says_where_it_comes_from(infusion):
    words = " ".join(text.get_text() for text in infusion.figure().texts)
    assert "knuffel 0.1.0" in words
    assert "seed 1" in words
    assert infusion.content_hash[:12] in words
    assert "not medical advice" in words


@pytest.mark.parametrize(("kind", "expected"), [("morphine_iv", True), ("hug", False), ("step", False)])
def test_drugs_among_the_stimuli_bring_the_same_reminder(kind, expected):
    run = synthetic.infusion(minutes=10, cells=5)
    run.attributes["doses"] = []
    run.attributes["stimuli"] = [{"kind": kind, "start": 0, "duration": 60_000, "grade": "B"}]
    words = " ".join(text.get_text() for text in Result(run).figure().texts)
    assert ("not medical advice" in words) == expected


def test_many_events_and_long_or_odd_names_fit():
    run = synthetic.infusion(minutes=100, cells=5)
    run.attributes["stimuli"] = [
        {"kind": f"protocol_{i}", "start": i * 300_000, "duration": 60_000 * (i % 3), "grade": "D"} for i in range(14)
    ]
    run.attributes["title"] = {"en": "$x^2 a name with signs $ & <b> " + "long " * 40}
    figure = Result(run).figure()
    found, clipped = overlaps(figure)
    assert not found
    assert not clipped
    assert len(figure.axes[0].texts) == 6


@pytest.mark.parametrize("start", [0, 30, 60, 95])
def test_long_doses_fit_wherever_they_are(start):
    run = synthetic.infusion(minutes=100, cells=2)
    text = "oxytocin iv_infusion 10 mU/min with a long story about how it was given, from then to then"
    run.attributes["doses"] = [
        {"text": text, "segments": [[start * 60_000, end * 60_000, 1.0]], "amounts": []} for end in (97, 100)
    ]
    found, clipped = overlaps(Result(run).figure())
    assert not found
    assert not clipped


def test_a_run_of_no_length_can_be_drawn():
    run = synthetic.infusion(minutes=15, cells=2)
    run.attributes["duration_ms"] = 0
    for name, variable in run.variables.items():
        length = 0 if name.startswith("neurons.spike") else 1
        object.__setattr__(variable, "data", variable.data[..., :length])
    assert Result(run).figure().axes


def test_files_are_written_and_repeat(infusion, tmp_path):
    for ending in ("png", "svg", "pdf"):
        infusion.figure(tmp_path / f"figure.{ending}")
        assert (tmp_path / f"figure.{ending}").stat().st_size > 10_000
    infusion.figure(tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "figure.png").read_bytes()
    with pytest.raises(StoreError, match="ends in"):
        infusion.figure(tmp_path / "figure.docx")
    with pytest.raises(ValueError, match="language"):
        infusion.figure(lang="xx")


def test_no_global_state_is_touched():
    """In a process of its own: other tests load libraries that bring pyplot along."""
    program = (
        "import knuffel, sys; knuffel.simulate('infusion_man').figure(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_missing_library_is_named(infusion, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install 'knuffel\[plot\]'"):
        infusion.figure()


def test_runs_with_little_in_them_can_be_drawn():
    bare = synthetic.contractions([10.0], minutes=1)
    assert titles(Result(bare).figure()) == ["What happens"]
    quiet = synthetic.infusion(minutes=15, cells=3)
    for name in ("time", "subject", "index"):
        variable = quiet.variables[f"neurons.spike.{name}"]
        object.__setattr__(variable, "data", variable.data[:0])
    assert len(titles(Result(quiet).figure())) == 7
    cohort = Result(synthetic.infusion(minutes=30, subjects=3, cells=4)).figure()
    assert any("3 subjects" in text.get_text() for text in cohort.texts)


def test_thinned_curves_keep_their_extremes():
    time = np.arange(100_000.0)
    values = np.sin(time / 500)
    values[54_321] = 9
    thin_time, thin = outline(time, values, 500)
    assert len(thin) < 1200
    assert thin.max() == 9
    assert (np.diff(thin_time) >= 0).all()
    middle, low, high = envelope(time, values, 300)
    assert high.max() == 9
    assert (low <= high).all()
    assert len(middle) == 300


def labels(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(("lang", "label"), [("en", "neurons: prescribed spikes"), ("nl", "zenuwcellen: voor")])
def test_what_was_prescribed_is_listed(lang, label):
    run = synthetic.infusion(minutes=15, cells=1)
    run.attributes["doses"] = []
    signal = {"kind": "events", "event_times": [60_000, 120_000]}
    run.attributes["scenario"]["rooms"] = {"neurons": {"mode": "prescribed", "outputs": {"neurons.spike": signal}}}
    figure = Result(run).figure(lang=lang)
    assert labels(figure.axes[0])[0].startswith(label)
    low, high = figure.axes[1].get_ylim()
    assert [tick for tick in figure.axes[1].get_yticks() if low <= tick <= high] == [1]


def test_an_infusion_in_steps_names_its_rates():
    run = synthetic.labour(minutes=240)
    text = "oxytocin iv_infusion 1 to 13 mU/min in 7 steps, 30 min to 4 h"
    run.attributes["doses"][0]["text"] = text
    figure = Result(run).figure()
    assert labels(figure.axes[0])[0] == text.replace("iv_infusion", "iv infusion,")
    assert [label.split()[0] for label in labels(figure.axes[0])[1:]] == ["1", "3", "5", "7", "9", "11", "13"]
    assert overlaps(figure) == ([], [])


def test_changes_are_told_and_fit():
    run = synthetic.infusion(minutes=15, cells=2)
    run.attributes["changes"] = ["stimuli[0].duration=10 min", "title=$x$"]
    words = [text.get_text() for text in Result(run).figure().texts]
    assert r"changed: stimuli[0].duration=10 min; title=\$x\$" in words
    run.attributes["changes"] = [f"subject.weight={i} kg" for i in range(100)]
    figure = Result(run).figure(lang="nl")
    assert any(text.get_text().startswith("gewijzigd: ") for text in figure.texts)
    assert overlaps(figure) == ([], [])


def test_a_wide_range_gets_a_logarithmic_axis():
    run = synthetic.infusion(minutes=60, cells=2)
    plasma = [run.variables[f"plasma.oxytocin_{name}"].data for name in ("concentration", "exogenous")]
    for values in plasma:
        values[:, 80:] += 2000.0
    figure = Result(run).figure()
    axes = next(item for item in figure.axes if item.get_title(loc="left") == "Oxytocin in plasma")
    assert axes.get_yscale() == "log"
    assert not axes.get_legend().get_frame_on()
    assert overlaps(figure) == ([], [])


@pytest.mark.parametrize(("lang", "assay"), [("en", "extracted RIA, with"), ("nl", "RIA na extractie, met")])
def test_samples_are_told_from_the_curve(infusion, lang, assay):
    axes = next(item for item in infusion.figure(lang=lang).axes if item.get_title(loc="left").startswith("Oxyto"))
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any(text.startswith(assay) for text in shown)
    assert any(text.startswith("± 1 SD") and "16 %" in text for text in shown)
