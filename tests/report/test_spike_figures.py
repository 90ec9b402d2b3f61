import sys

import numpy as np
import pytest

from knuffel.analysis.spikes import statistics
from knuffel.errors import MissingExtra, ParameterError
from knuffel.report import spike_figures
from knuffel.report.spike_figures import four_panels
from tests.analysis.trains import renewal, several
from tests.report.test_figure import overlaps, titles

PLOTS = [getattr(spike_figures, name) for name in spike_figures.__all__ if name.startswith("plot_")]


@pytest.fixture(scope="module")
def recording():
    return statistics(renewal(3, 2.3, 850), duration=850_000)


@pytest.fixture(scope="module")
def model():
    return statistics(*several(4, 2, 2.5, 2000), duration=2_000_000)


def curves(axes):
    return {line.get_label() for line in (*axes.lines, *axes.patches) if not line.get_label().startswith("_")}


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_four_panels_of_a_recording_and_a_model(recording, model, lang):
    figure = four_panels(recording, model=model, recording_label="cell 1", model_label="if-oxytocin $x$", lang=lang)
    assert [axes.get_legend() is not None for axes in figure.axes] == [True, False, False, True]
    for axes in figure.axes:
        assert {"cell 1", r"if-oxytocin \$x\$"} <= curves(axes)
        assert "(" in axes.get_xlabel()
        assert axes.get_ylim()[0] == 0
    assert overlaps(figure) == ([], [])
    words = " ".join(text.get_text() for text in figure.texts)
    assert f"cell 1: {recording.spikes}" in words
    assert ("4 cells" if lang == "en" else "4 cellen") in words
    assert f"{recording.rate:.2f}".replace(".", "." if lang == "en" else ",") in words


def test_the_panels_are_those_of_the_field(recording):
    assert titles(four_panels(recording)) == [
        "Firing rate in bins of 5 s",
        "Interspike intervals",
        "Hazard",
        "Index of dispersion",
    ]
    assert titles(four_panels(recording, lang="nl"))[1:] == [
        "Intervallen tussen actiepotentialen",
        "Hazard",
        "Spreidingsindex",
    ]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_each_statistic_can_be_drawn_alone(recording, model, plot, lang):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    plot(axes, recording, model=model, lang=lang)
    assert axes.get_legend() is not None
    assert overlaps(figure) == ([], [])


def test_what_is_drawn_are_the_numbers(recording):
    from matplotlib.figure import Figure

    rate, intervals, hazard, dispersion = four_panels(recording).axes
    np.testing.assert_array_equal(intervals.patches[0].get_data().values, recording.interval_histogram)
    shown = hazard.patches[0].get_data().values
    np.testing.assert_array_equal(shown, recording.hazard[: len(shown)])
    assert (
        recording.interval_histogram[: len(shown) - 1].sum() < 9000 <= recording.interval_histogram[: len(shown)].sum()
    )
    np.testing.assert_array_equal(dispersion.lines[0].get_ydata(), recording.dispersion)
    np.testing.assert_array_equal(rate.patches[0].get_data().values, recording.course_rate)
    axes = Figure().subplots()
    spike_figures.plot_autocorrelation(axes, recording)
    np.testing.assert_array_equal(axes.patches[0].get_data().values, recording.autocorrelation)


def test_rates_are_compared_in_equal_bins(recording, model):
    assert (recording.course_bin, model.course_bin) == (5000, 10_000)
    axes = four_panels(recording, model=model).axes[0]
    assert axes.get_title(loc="left") == "Firing rate in bins of 10 s"
    one, other = (patch.get_data() for patch in axes.patches)
    assert np.diff(one.edges)[0] == pytest.approx(np.diff(other.edges)[0])
    np.testing.assert_allclose(one.values, recording.course_rate.reshape(-1, 2).mean(axis=1))


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_spikes_can_be_drawn(recording, count):
    few = statistics(np.arange(count) * 137.0)
    figure = four_panels(few)
    assert sum("Too few spikes." in [text.get_text() for text in axes.texts] for axes in figure.axes) >= 3
    assert overlaps(figure) == ([], [])
    assert len(four_panels(recording, model=few).axes) == 4
    assert len(four_panels(few, model=recording, lang="nl").axes) == 4


def test_unequal_bins_are_not_drawn_over_each_other(recording):
    with pytest.raises(ParameterError, match="model: found statistics in bins of 2 ms; allowed: 5 ms"):
        four_panels(recording, model=statistics(renewal(3, 2.3, 100), bin_width=2))


def test_long_labels_are_cut(recording, model):
    figure = four_panels(recording, model=model, recording_label="a long name " * 20, model_label="another " * 20)
    assert overlaps(figure) == ([], [])


def test_nothing_outside_is_touched(recording, monkeypatch):
    before = "matplotlib.pyplot" in sys.modules
    four_panels(recording)
    assert ("matplotlib.pyplot" in sys.modules) == before
    with pytest.raises(ValueError, match="language"):
        four_panels(recording, lang="xx")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install 'knuffel\[plot\]'"):
        four_panels(recording)
