"""What every lab must do, whatever its model: be tidy, be drawn, and be put in words.

A test file lists its labs by the name of the model's function and asks each one to `hold`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

from coalescence.lab import drawing, tidy


class Lab(NamedTuple):
    """What is asked of the lab function of a name, its `say_` and its charts."""

    rows: int  # of its table, at every setting
    corners: Mapping[str, Sequence[Any]]  # outermost stops of each control
    charts: tuple[str, ...] = ()  # that draw the table, if not the one of the lab's own name
    say: str | None = (
        ""  # puts it in words, if not `say_` and the lab's own name; None: nothing does
    )

    def settings(self) -> Iterator[dict[str, Any]]:
        """Every combination of the corners."""
        for stops in product(*self.corners.values()):
            yield dict(zip(self.corners, stops, strict=True))

    def holds(self, models: ModuleType, charts: ModuleType, name: str, *given: Any) -> None:
        """Fail unless the lab does what every lab must; `given` goes to the model unnamed."""
        for setting in self.settings():
            table = tidy(getattr(models, name)(*given, **setting), f"{name} at {setting}")
            assert len(table) == self.rows
            if self.say is not None:
                sentence = getattr(charts, self.say or f"say_{name}")(table, **setting)
                assert sentence.endswith(".")
                assert "nan" not in sentence
        for chart in self.charts or (name,):
            assert drawing(getattr(charts, chart), table).words != "Chart"
