"""The look of the figure: colours that people with any colour vision can tell apart, sizes, bare axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.texts import Texts

# Okabe and Ito's palette.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
VERMILION, SKY = "#D55E00", "#56B4E9"
INK, GREY, PALE = "#222222", "#6b6b6b", "#d9d9d9"

TITLE, TEXT, SMALL = 9.0, 7.5, 6.5


def panel(
    axes: Axes, texts: Texts, title: str, label: str, grade: str | None, *, label_at: float | None = -0.065
) -> None:
    """Give a panel its title, the evidence grade at the right, an axis label, and thin lines.

    ``label_at`` is the place of the axis label in widths of the panel, equal in a column; None: beside the ticks.
    """
    axes.set_title(title, loc="left", fontsize=TITLE, color=INK, fontweight="bold", pad=4)
    if grade is not None:
        words = texts("evidence", grade=texts.grade(grade))
        axes.set_title(words, loc="right", fontsize=SMALL, color=GREY, pad=4)
    axes.set_ylabel(label, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=TEXT, length=3, width=0.6, color=GREY, labelcolor=INK)
    if label_at is not None:
        axes.yaxis.set_label_coords(label_at, 0.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_linewidth(0.6)
        spine.set_color(GREY)


def decimals(axes: Axes, texts: Texts) -> None:
    """Give the numbers of linear axes the decimal sign of the language."""
    if texts.lang != "nl":
        return
    from matplotlib.ticker import FuncFormatter

    comma = FuncFormatter(lambda value, _: f"{value:g}".replace(".", ","))
    for axis, scale in ((axes.xaxis, axes.get_xscale()), (axes.yaxis, axes.get_yscale())):
        if scale == "linear":
            axis.set_major_formatter(comma)


def fitted(text: str, length: int) -> str:
    """Return a text cut to a length, and free of the signs that would start a formula."""
    text = text if len(text) <= length else f"{text[: length - 1]}…"
    return text.replace("$", r"\$")


def legend(axes: Axes, columns: int = 3) -> None:
    """Put a small legend without a box into the panel, so that no shading is hidden."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        box = axes.legend(
            handles,
            labels,
            fontsize=SMALL,
            ncols=min(columns, len(handles)),
            loc="upper right",
            frameon=False,
            borderpad=0.2,
            handlelength=1.6,
            columnspacing=1.2,
            labelcolor=INK,
        )
        box.set_zorder(10)
