"""What a call would do, and why."""

from __future__ import annotations

from typing import NamedTuple

from .. import dispatch


class Explanation(NamedTuple):
    """What a call would do, and why; ``str`` tells it in words."""

    activation: str
    kernel: str
    dtype: str
    computed_in: str
    elements: int
    layout: str
    choice: dispatch.Choice

    @property
    def backend(self) -> str:
        return self.choice.backend.name

    @property
    def instruction_set(self) -> str:
        return self.choice.backend.instruction_set

    @property
    def threads(self) -> int:
        return self.choice.threads

    @property
    def alternatives(self) -> dict[str, str]:
        """The other backends, and whether they can be used here."""
        others = dispatch.backends()
        del others[repr(self.choice.backend)]
        return others

    def __str__(self) -> str:
        lines = [
            f"{self.activation}: {self.elements:,} elements of {self.dtype}, {self.layout}",
            f"  kernel   {self.kernel}, computed in {self.computed_in}",
            f"  backend  {self.choice.backend!r}: {self.choice.why_backend}",
            f"  threads  {self.threads}: {self.choice.why_threads}",
            "  others   "
            + "; ".join(f"{name}: {state}" for name, state in self.alternatives.items()),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)
