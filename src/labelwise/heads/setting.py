"""Settings of heads: a named number or word with its range."""

from __future__ import annotations

from dataclasses import dataclass

from labelwise.errors import OptionError, choose

__all__ = ["Setting", "number_text"]


@dataclass(frozen=True)
class Setting:
    """A setting a head has beside reduction and bias.

    Attributes:
        name: as written in a spec, ``sigmoid(pos_weight=3)``.
        default: the customary value.
        text: what it does, in a sentence.
        low: least number.
        high: greatest number.
        above_low: True where `low` itself is refused.
        words: the words it can take, for a setting that is no number.
    """

    name: str
    default: float | str
    text: str
    low: float = 0.0
    high: float = float("inf")
    above_low: bool = False
    words: tuple[str, ...] = ()

    def read(self, value: str | float) -> float | str:
        """A value as given, checked.

        Raises:
            OptionError: where it is no number of the range, or none of the words.

        Example:
            >>> Setting("gamma", 2.0, "how much sure answers are left out").read("1.5")
            1.5
        """
        if self.words:
            return choose(str(value), self.words, what=self.name)
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not (self.low <= number <= self.high) or number == float("inf") or (self.above_low and number == self.low):
            raise OptionError(f"a {self.name}", repr(value), f"{self.range}; {self.text}")
        return number

    @property
    def range(self) -> str:
        """What it can be, in words."""
        if self.words:
            return " or ".join(self.words)
        low = "a positive number" if self.above_low and self.low == 0 else f"a number from {number_text(self.low)} up"
        return low if self.high == float("inf") else f"{low} to {number_text(self.high)}".replace(" up to", " to")


def number_text(value: float) -> str:
    """A number as short as it can be without becoming another one."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(float(value))
