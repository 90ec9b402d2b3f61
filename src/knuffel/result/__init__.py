"""The result of a run: labelled numbers, where they come from, and ways to look at them and take them along."""

from knuffel.result.result import Result, content_hash

__all__ = ["Result", "content_hash"]
