"""Uterus: what the myometrium does with oxytocin."""
