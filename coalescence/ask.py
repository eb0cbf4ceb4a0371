"""Questions that a page asks without a kernel: a guess that is kept, a check that grades itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Html:
    """A piece of a page."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return "a question for the reader (shown in the page)"


def guess(
    name: str,
    question: str,
    low: float,
    high: float,
    *,
    step: float = 1,
    unit: str = "",
) -> Html:
    """Ask for a number before the answer is known; the page keeps it for `compare`."""
    if not low < high or step <= 0:
        raise ValueError(f"guess {name}: expected low < high and step > 0")
    middle = low + step * round((high - low) / step / 2)
    words = _with(f"{middle:.10g}", unit)
    return Html(
        f'<div class="cb-guess" data-guess="{escape(name)}">'
        f'<label for="guess-{escape(name)}">{escape(question)}</label>'
        f'<span class="cb-row"><input id="guess-{escape(name)}" type="range" min="{low:.10g}"'
        f' max="{high:.10g}" step="{step:.10g}" value="{middle:.10g}" data-unit="{escape(unit)}"'
        f' aria-valuetext="{words}"><output for="guess-{escape(name)}" aria-live="off">{words}'
        "</output></span></div>"
    )


def compare(name: str, answer: float, *, unit: str = "", why: str = "", form: str = "{:g}") -> Html:
    """Show the reader's kept guess beside a computed answer."""
    number = form.format(answer)
    return Html(
        f'<div class="cb-compare" data-guess="{escape(name)}"><dl>'
        f"<div><dt>Your guess</dt><dd data-mine>not made yet</dd></div>"
        f"<div><dt>The answer</dt><dd>{_with(number, unit)}</dd></div></dl>"
        f"<p>{escape(why)}</p></div>"
    )


def check(question: str, *, right: str, options: Mapping[str, str]) -> Html:
    """Ask one question; opening an option says whether it is right, and why."""
    if right not in options:
        raise ValueError(f"check {question!r}: {right!r} is none of the options")
    if len(options) < 2:
        raise ValueError(f"check {question!r}: expected at least two options")
    answers = "".join(
        f'<details class="{"cb-right" if text == right else "cb-wrong"}">'
        f"<summary>{escape(text)}</summary>"
        f"<p><strong>{'Right.' if text == right else 'Not so.'}</strong> {escape(why)}</p>"
        "</details>"
        for text, why in options.items()
    )
    return Html(
        f'<div class="cb-check" role="group" aria-label="{escape(question)}">'
        f"<p>{escape(question)}</p>{answers}</div>"
    )


def _with(number: str, unit: str) -> str:
    space = "" if unit in ("", "%") else " "
    return f"{escape(number)}{space}{escape(unit)}"
