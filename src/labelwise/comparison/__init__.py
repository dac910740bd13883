"""The verb `compare`: heads trained and judged the same way on the same data."""

from labelwise.comparison.result import Comparison
from labelwise.comparison.verb import compare

__all__ = ["Comparison", "compare"]
