"""Tables made from the evidence registry and from the validation runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from markdown_text import number, table, value
from study_titles import BLOOD

from knuffel.evidence import load
from knuffel.evidence.entries import STATUSES, Target
from knuffel.validation import runner
from knuffel.validation.runner import tolerance_text

_VALIDATED = {
    "en": (
        "What",
        "Compared with the model",
        "Published numbers reached",
        "Not reached (known misfits)",
        "Checks of the equations",
    ),
    "nl": (
        "Wat",
        "Vergeleken met het model",
        "Gepubliceerde getallen gehaald",
        "Niet gehaald (bekende afwijkingen)",
        "Controles van de vergelijkingen",
    ),
}
_KINDS = {"reported": "published", "unit": "check of the equations"}
_OF_RATS = ("PK07_rat_", "PK08", "PK_rat_")
_STUDIES = {
    "spiking": {
        "en": ("Firing patterns", "spike counts, interval histogram, hazard, firing rate, response to stimulation"),
        "nl": ("Vuurpatronen", "aantal spikes, intervalhistogram, hazard, vuurfrequentie, antwoord op prikkeling"),
    },
    "synaptic_input": {
        "en": ("Synaptic input", "mean and spread of the summed PSPs, size of the AHP, against closed forms"),
        "nl": ("Synaptische invoer", "gemiddelde en spreiding van de opgetelde PSP's, grootte van de AHP"),
    },
    "rate_curve": {
        "en": ("Rate and input", "firing rate against PSP rate, with and without AHP"),
        "nl": ("Vuurfrequentie en invoer", "vuurfrequentie bij oplopende invoer, met en zonder AHP"),
    },
    "afterpotentials": {
        "en": ("What a fit needs", "the fit score of cells without AHP or HAP against a known recording"),
        "nl": ("Wat een fit nodig heeft", "de fitscore van cellen zonder AHP of HAP tegen een bekende opname"),
    },
    "dispersion": {
        "en": ("Dispersion of spike counts", "index of dispersion over bin widths, without AHP, in lactation"),
        "nl": ("Spreiding van spiketellingen", "dispersie-index bij andere tijdvakken, zonder AHP, bij lactatie"),
    },
    "rate_distribution": {
        "en": ("Rates over cells", "share of slow cells, highest rate, shape of the distribution"),
        "nl": ("Vuurfrequenties over cellen", "aandeel trage cellen, hoogste frequentie, vorm van de verdeling"),
    },
    "precision": {
        "en": ("Single against double precision", "the same draws in float32 and float64: spikes and what follows"),
        "nl": ("Enkele en dubbele precisie", "dezelfde trekkingen in float32 en float64: spikes en wat volgt"),
    },
    "ahp_block": {
        "en": ("Block of the AHP", "variability of spiking and of secretion at the same rate"),
        "nl": ("Blokkade van de AHP", "variabiliteit van vuren en van afgifte bij gelijke frequentie"),
    },
    "population_filter": {
        "en": ("Adding up cells", "noise of secretion against the number of cells"),
        "nl": ("Cellen opgeteld", "ruis in de afgifte bij meer cellen"),
    },
    "depletion": {
        "en": ("Depletion", "a day of firing without synthesis: reserve and secretion"),
        "nl": ("Uitputting", "een etmaal vuren zonder aanmaak: voorraad en afgifte"),
    },
    "rate_fidelity": {
        "en": ("Rates in place of spikes", "mean rate, secretion and plasma of the rate model, against spikes"),
        "nl": ("Frequenties in plaats van spikes", "frequentie, afgifte en plasma van het model zonder spikes"),
    },
    "antidromic": {
        "en": ("Stimulation of the stalk", "forced spikes: release, AHP, silence afterwards, collisions"),
        "nl": ("Prikkeling van de hypofysesteel", "opgewekte spikes: afgifte, AHP, stilte erna, botsingen"),
    },
    "lactation_burst": {
        "en": ("Milk-ejection bursts", "mass released by a burst, and the rise of plasma"),
        "nl": ("Toeschietbursts", "afgegeven massa per burst, en de stijging in plasma"),
    },
    "cck": {
        "en": ("Cholecystokinin", "firing and plasma of the rat, and firing inferred from plasma"),
        "nl": ("Cholecystokinine", "vuren en plasma bij de rat, en vuren afgeleid uit plasma"),
    },
    "hodgkin_huxley": {
        "en": ("Ion channels", "firing, intervals, afterpotentials, blocked channels of the Hodgkin-Huxley neuron"),
        "nl": ("Ionkanalen", "vuren, intervallen, napotentialen en geblokkeerde kanalen van het Hodgkin-Huxley-neuron"),
    },
    "secretion_trains": {
        "en": ("Secretion by spike trains", "release and fatigue as frequency, length and pauses change"),
        "nl": (
            "Afgifte door pulstreinen",
            "afgifte en uitputting bij andere frequentie, duur en pauzes",
        ),
    },
    "stimuli": {
        "en": (
            "Stimuli",
            "plasma level after cholecystokinin in the rat; a hug is held against our own design only",
        ),
        "nl": (
            "Prikkels",
            "plasmaspiegel na cholecystokinine bij de rat; een knuffel alleen tegen ons eigen ontwerp",
        ),
    },
    "rat_plasma": {
        "en": ("Plasma of rats", "clearance, half-lives, resting level, course after infusion"),
        "nl": ("Plasma van ratten", "klaring, halfwaardetijden, rustspiegel, beloop na een infuus"),
    },
    "network_bursts": {
        "en": ("Network bursts", "bursts under suckling, controls, inputs, gates, unilateral suckling, animals"),
        "nl": ("Netwerksalvo's", "salvo's bij zuigen, controles, invoer, poorten, eenzijdig zuigen, dieren"),
    },
    "network_store": {
        "en": ("Dendritic store", "course before the first burst against its analytic law, ignition, emptying"),
        "nl": ("Dendritische voorraad", "verloop vóór het eerste salvo tegen de analytische wet, ontsteking, lediging"),
    },
    "network_behaviours": {
        "en": ("Network behaviour", "shape of a burst, dip before it, intervals between spikes"),
        "nl": ("Netwerkgedrag", "vorm van een salvo, dip ervoor, intervallen tussen actiepotentialen"),
    },
    "if_network": {
        "en": ("Network, other cell", "bursts with the cell of if-oxytocin in the same network; experimental"),
        "nl": ("Netwerk, andere cel", "salvo's met de cel van if-oxytocin in hetzelfde netwerk; experimenteel"),
    },
    "nursing_chain": {
        "en": (
            "From suckling to milk pressure",
            "one pulse of pressure for every burst, its size and delay; coarse steps",
        ),
        "nl": ("Van zuigen naar melkdruk", "één drukpuls per salvo, hoe groot en hoe laat; grove stappen"),
    },
    "pharmacokinetics": {
        "en": ("Pharmacokinetics in people", "half-lives, levels, bolus and infusion in men and women, also at term"),
        "nl": (
            "Farmacokinetiek bij mensen",
            "spiegels, halfwaardetijden, bolus en infuus, ook à terme",
        ),
    },
    "assays": {
        "en": (
            "Assays and saliva",
            "two methods in the same blood, errors of each, tubes, saliva after a spray",
        ),
        "nl": ("Bepalingen en speeksel", "twee methoden in hetzelfde bloed, fouten, buizen, speeksel na neusspray"),
    },
    "breastfeeding_cohort": {
        "en": ("Breastfeeding", "let-downs, pulses, milk, latency and plasma of 80 women, each counted by its method"),
        "nl": (
            "Borstvoeding",
            "toeschietreflexen, pulsen, melk, latentie en plasma van 80 vrouwen, elk naar de methode",
        ),
    },
    "breastfeeding_stress": {
        "en": ("Stress at the breast", "pulses in samples in 200 small trials, milk with and without a small appetite"),
        "nl": ("Stress bij het voeden", "pulsen in monsters in 200 kleine proeven, melk bij kleine en grote trek"),
    },
    "breastfeeding_modifiers": {
        "en": ("Drugs at the breast", "alcohol, morphine and an antagonist during a feed; the first days"),
        "nl": ("Middelen bij het voeden", "alcohol, morfine en een antagonist tijdens een voeding; de eerste dagen"),
    },
    "receptor_states": {
        "en": ("Receptors", "antagonists, loss of receptors in long labour, recovery"),
        "nl": ("Receptoren", "antagonisten, verlies van receptoren bij lang weeën, herstel"),
    },
    "uterine_cell": {
        "en": ("Uterine muscle cell", "spikes, calcium, force and currents of one cell, and what oxytocin does to it"),
        "nl": (
            "Spiercel van de baarmoeder",
            "pulsen, calcium, kracht en stromen van een cel, en wat oxytocine ermee doet",
        ),
    },
    "uterus_dose_response": {
        "en": (
            "Dose and response of the uterus",
            "receptor reserve, activity under infusion, Montevideo units",
        ),
        "nl": ("Dosis en respons van de baarmoeder", "receptorreserve, activiteit onder infuus, Montevideo-eenheden"),
    },
    "rat_let_down": {
        "en": ("Let-down in the rat", "pressure after doses and bursts, filling, antagonists, latency"),
        "nl": ("Toeschietreflex van de rat", "druk na doses en salvo's, vulling, antagonisten, latentie"),
    },
    "human_let_down": {
        "en": ("Let-down in women", "pressure and milk after pulses and doses, antagonists"),
        "nl": ("Toeschietreflex van vrouwen", "druk en melk na pulsen en doses, antagonisten"),
    },
    "blood_pressure": {
        "en": ("Blood pressure", "blood pressure and heart rate after oxytocin and carbetocin at caesarean section"),
        "nl": ("Bloeddruk", "bloeddruk en hartslag na oxytocine en carbetocine bij een keizersnede"),
    },
    "water_balance": {
        "en": ("Water and sodium", "urine of men under an infusion, sodium of women with an infusion and water"),
        "nl": ("Water en natrium", "urine van mannen tijdens een infuus, natrium van vrouwen met infuus en water"),
    },
    "milk_supply": {
        "en": ("Milk supply", "refilling, feeds a day, weak let-down, a skipped day, the first days after birth"),
        "nl": ("Melkproductie", "bijvullen, voedingen per dag, zwakke reflex, overgeslagen dag, eerste dagen"),
    },
} | BLOOD


_DUTCH = {"oxytocin label": "bijsluiter oxytocine", "oxytocin levels review": "overzicht van oxytocinespiegels"}


def reference(key: str, language: str = "en") -> str:
    """Return a source as author and year, linked to its DOI."""
    source = load.sources().get(key)
    if source is None:
        return key
    family = [name.strip() for name in source.authors.split(";") if name.strip()]
    label = " and ".join(family) if len(family) < 3 else f"{family[0]} et al."
    label = label or key.replace("_", " ")
    if language == "nl":
        for english, dutch in _DUTCH.items():
            label = label.replace(english, dutch)
        label = label.replace(" and ", " en ")
    label = f"{label} {source.year}" if source.year and str(source.year) not in label else label
    return f"[{label}](https://doi.org/{source.doi})" if source.doi else label


def references(keys: Iterable[str], language: str = "en") -> str:
    """Return several sources on one line."""
    return ", ".join(reference(key, language) for key in keys)


_OWN_PAGE = ("uterus.cell_",)


def parameters(room: str) -> str:
    """Return the parameters of a room, or of a part of it (``uterus/cell``): symbol, meaning, value, unit, and so on.

    A part that has a page of its own is left out of the table of its room.
    """
    name, _, part = room.partition("/")
    ours = {key: item for key, item in load.parameters().items() if key.partition(".")[0] == name}
    if part:
        chosen = [item for key, item in ours.items() if key.startswith(f"{name}.{part}_")]
    else:
        chosen = [item for key, item in ours.items() if not key.startswith(_OWN_PAGE)]
    if not chosen:
        raise ValueError(f"the evidence registry has no parameters of {room!r}")
    return table(
        ("Parameter", "Symbol", "Meaning", "Value", "Unit", "Spread", "Status", "Source or reason"),
        (
            (
                f"`{item.id}`",
                f"`{item.symbol}`" if item.symbol else "",
                item.title,
                number(item.value),
                item.unit,
                value(item.spread).removeprefix("kind "),
                item.status,
                "; ".join(filter(None, (references(item.source), item.why if part else ""))) or item.why,
            )
            for item in chosen
        ),
    )


def all_parameters() -> str:
    """Return one section of parameters for each room."""
    rooms = sorted({*(key.partition(".")[0] for key in load.parameters()), "uterus/cell"})
    return "\n\n".join(f"## {room}\n\n{parameters(room)}" for room in rooms)


def sets() -> str:
    """Return the parameter sets: whom they stand for and what they change."""
    return table(
        ("Set", "Kind", "Stands for", "Values", "Why"),
        (
            (
                f"`{item.name}`",
                item.kind,
                item.title,
                "<br>".join(f"`{key}` = {number(part.value)} {part.unit}" for key, part in item.parameters.items()),
                item.why,
            )
            for item in load.sets().values()
        ),
    )


def sources() -> str:
    """Return every reference, sorted by key."""
    return table(
        ("Key", "Reference", "DOI or place", "Read"),
        (
            (
                f"`{key}`",
                ". ".join(filter(None, (item.authors.replace(";", ","), str(item.year or ""), item.title, item.note))),
                f"[{item.doi}](https://doi.org/{item.doi})" if item.doi else item.url,
                item.read,
            )
            for key, item in sorted(load.sources().items())
        ),
    )


def stimuli() -> str:
    """Return the natural events that a scenario may name: those that act on the synaptic input."""
    return table(
        ("Kind", "Event", "Species", "Gain", "Lag, s", "Rise, s", "Decay, s", "Grade", "Status", "Source"),
        (
            (
                f"`{item.kind}`",
                item.title["en"],
                item.species,
                number(item.excitation_gain),
                number(item.lag_s),
                number(item.rise_s),
                number(item.decay_s),
                item.grade,
                item.status,
                references(item.source),
            )
            for item in load.stimuli().values()
            if not item.levels and item.profile != "cue"
        ),
    )


def stimulus_levels() -> str:
    """Return nursing, stress and drugs: what sets levels of its own."""
    return table(
        (
            "Kind",
            "What",
            "Species",
            "State",
            "Level at full effect",
            "Dose of that",
            "Rise, s",
            "Grade",
            "Status",
            "Source",
        ),
        (
            (
                f"`{item.kind}`",
                item.title["en"],
                item.species,
                item.state or "any",
                ", ".join(f"`{name}` {size:+g}" for name, size in item.levels.items()),
                "" if item.reference_dose is None else number(item.reference_dose),
                number(item.rise_s),
                item.grade,
                item.status,
                references(item.source),
            )
            for item in load.stimuli().values()
            if item.levels or item.profile == "cue"
        ),
    )


def assays() -> str:
    """Return the laboratory methods that a scenario may name."""
    return table(
        (
            "Assay",
            "What it is",
            "Recovery",
            "Offset, pg/mL",
            "Log SD of the offset",
            "CV within",
            "CV between",
            "LOD",
            "LOQ",
            "Status",
            "Source",
        ),
        (
            (
                f"`{item.name}`",
                item.title or item.why,
                number(item.recovery),
                number(item.offset_median),
                number(item.offset_logsd),
                number(item.cv_intra),
                number(item.cv_inter),
                number(item.lod),
                number(item.loq),
                item.status,
                references(item.source),
            )
            for item in load.assays().values()
        ),
    )


def study_title(study: str, language: str = "en") -> str:
    """Return the name of a study for reading."""
    return _STUDIES[study][language][0]


def targets() -> str:
    """Return every number that the model is held against, and whether it is published or our own computation."""
    return table(
        ("Row", "Study", "Kind", "Quantity", "Number", "Unit", "Tolerance", "Source", "Known misfit or note"),
        (
            (
                key,
                study_title(shown_under(key, item.study)),
                _KINDS[item.kind],
                item.quantity,
                number(item.published),
                item.unit,
                tolerance_text(dict(item.tolerance)),
                references(item.source),
                item.known_misfit or item.note,
            )
            for key, item in load.targets().items()
        ),
    )


def shown_under(target: str, study: str) -> str:
    """Return the study under which a target is shown: plasma of rats stands together, whoever computes it."""
    return "rat_plasma" if target.startswith(_OF_RATS) else study


def validated(language: str = "en") -> str:
    """Return, for each study, what is compared with what, and how many numbers of which kind."""
    studies: dict[str, list[Target]] = {}
    for key, item in load.targets().items():
        studies.setdefault(shown_under(key, item.study), []).append(item)
    rows = []
    for study in dict.fromkeys(runner.STUDIES):
        items = studies.get(study, [])
        title, compared = _STUDIES[study][language]
        cited = references(dict.fromkeys(key for item in items for key in item.source), language)
        reported = [item for item in items if item.kind == "reported"]
        misfits = sum(bool(item.known_misfit) for item in reported)
        compared = f"{compared} ({cited})" if cited else compared
        rows.append((title, compared, len(reported) - misfits, misfits, len(items) - len(reported)))
    return table(_VALIDATED[language], rows)


def statuses() -> str:
    """Return how many base values have each status, by room."""
    rooms: dict[str, list[str]] = {}
    for key, item in load.parameters().items():
        rooms.setdefault(key.partition(".")[0], []).append(item.status)
    every = [status for found in rooms.values() for status in found]
    heads = [status for status in STATUSES if status in every]
    rows = [(f"`{room}`", *(found.count(status) for status in heads), len(found)) for room, found in rooms.items()]
    changed = [part.status for item in load.sets().values() for part in item.parameters.values()]
    rows.append(("**all rooms**", *(every.count(status) for status in heads), len(every)))
    rows.append(("in the parameter sets", *(changed.count(status) for status in heads), len(changed)))
    return table(("Room", *heads, "all"), rows)


@lru_cache(maxsize=1)
def validation_rows() -> tuple[dict[str, Any], ...]:
    """Run every validation study once and return its rows as data."""
    return tuple(runner.as_json(_run()))


@lru_cache(maxsize=1)
def _run() -> tuple[runner.ResultRow, ...]:
    return tuple(runner.run(None))


def validation() -> str:
    """Return expected and obtained numbers: the totals, then one section per study."""
    studies: dict[str, list[dict[str, Any]]] = {}
    for row in validation_rows():
        studies.setdefault(shown_under(str(row["id"]), str(row["study"])), []).append(row)
    heads = ("Row", "Kind", "Quantity", "Expected", "Obtained", "Unit", "Tolerance", "Verdict", "Note")
    sections = [f"**{runner.totals_text(_run())}**"]
    for study in (name for name in runner.STUDIES if name in studies):
        rows = studies[study]
        body = (
            (
                f"`{row['id']}`",
                _KINDS[row["kind"]],
                row["quantity"],
                number(row["published"]),
                number(row["obtained"]),
                row["unit"],
                tolerance_text(row["tolerance"]),
                str(row["verdict"]).replace("_", " "),
                row["note"],
            )
            for row in rows
        )
        sections.append(f"### {study_title(study)}\n\n{table(heads, body)}")
    return "\n\n".join(sections)
