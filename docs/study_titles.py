"""What the studies of the blood are called in the tables, and what each compares, in both languages."""

from __future__ import annotations

__all__ = ["BLOOD"]

BLOOD = {
    "rat_saturable": {
        "en": ("Rats at large doses", "clearance and half-life at small and large doses, and between two sets"),
        "nl": ("Ratten bij grote doses", "klaring en halfwaardetijd bij kleine en grote doses, en tussen twee sets"),
    },
    "pregnancy_clearance": {
        "en": ("Clearance in pregnancy", "oxytocinase and clearance by week, and in the days after a birth"),
        "nl": ("Klaring in de zwangerschap", "oxytocinase en klaring per week, en in de dagen na een bevalling"),
    },
    "infusion_levels": {
        "en": ("Levels under infusion at term", "protocols of induction, and levels of studies that disagree"),
        "nl": (
            "Spiegels onder een infuus à terme",
            "inleidingsschema's, en spiegels van tegenstrijdige studies",
        ),
    },
    "labour_pulses": {
        "en": ("Pulses of labour", "pulses in half an hour by stage, and how fast one falls"),
        "nl": ("Pulsen tijdens de baring", "pulsen per half uur in elke fase, en hoe snel één daalt"),
    },
    "absorption": {
        "en": ("Absorption", "oxytocin from muscle, nose, lung and mouth, also just after a birth"),
        "nl": ("Opname", "oxytocine uit spier, neus, long en mond, ook vlak na een bevalling"),
    },
    "drug_kinetics": {
        "en": ("Carbetocin and atosiban", "levels by vein and muscle, steady state, a metabolite"),
        "nl": ("Carbetocine en atosiban", "spiegels na ader en spier, evenwicht, een metaboliet"),
    },
    "cerebrospinal_fluid": {
        "en": ("Cerebrospinal fluid", "what crosses from the blood, half-life, rhythm, a nasal spray"),
        "nl": ("Hersenvocht", "wat uit het bloed komt, halfwaardetijd, dagritme, een neusspray"),
    },
}
