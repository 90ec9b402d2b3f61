"""The uterine smooth-muscle cell: membrane, calcium, force, and oxytocin (`tong2011` and its variants)."""
