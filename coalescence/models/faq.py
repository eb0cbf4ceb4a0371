"""Three questions: which of the reasons that are given for Xiaomi's rise survive?

*Reasons.* Each answer is taken apart into reasons, and each reason into the claims of the ledger
that it rests on; a reader's standard of proof decides which of them stand. A chain is as strong
as its weakest link.
*Leave one out.* What a line of business brought to growth lies between what it sold itself and
that plus whatever it did for the others, which nobody has measured.

The ledger and the accounts are handed in; nothing is read here. Equation numbers are those of the
chapter.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalescence.models._check import within

Floats = NDArray[np.float64]
Table = dict[str, Any]  # name of a column -> its values

# --- Reasons and the claims they rest on ---------------------------------------------------------


class Reason(NamedTuple):
    """One reason in an answer, in the casebook's words."""

    question: str  # success, advantage or strategy
    teller: str  # FAQ, or the article that stands above it
    words: str
    claims: tuple[str, ...] = ()  # of the ledger; none if it is merely asserted


REASONS = (
    Reason("success", "FAQ", "High specifications"),
    Reason("success", "FAQ", "A low price with them", ("C14",)),
    Reason("advantage", "FAQ", "Low prices of products", ("C14",)),
    Reason("advantage", "FAQ", "Low prices of services"),
    Reason("advantage", "FAQ", "Price is why buyers choose it"),
    Reason("strategy", "FAQ", "Premium phones at a low price", ("C14",)),
    Reason("strategy", "FAQ", "Features that users need", ("C12",)),
    Reason("strategy", "FAQ", "No race for new technology"),
    Reason("success", "article", "A free system before the phone", ("C02",)),
    Reason("success", "article", "A new version every week with users", ("C12",)),
    Reason("success", "article", "Sold directly, without middlemen", ("C15",)),
    Reason("success", "article", "Weekly sell-outs that spread the word", ("C16", "C17")),
    Reason("success", "article", "No money spent on advertising", ("C19",)),
    Reason("success", "article", "Shops in malls, as a second phase", ("C20", "C21")),
    Reason("success", "article", "Four synergies in the shop", ("C22", "C23")),
    Reason("success", "article", "Small partners, minority stakes", ("C24", "C25")),
    Reason("advantage", "article", "Customers ever harder to lure away", ("C26",)),
    Reason("advantage", "article", "An advantage that lasts", ("C27",)),
    Reason("strategy", "article", "The thinnest margin in the trade", ("C14",)),
    Reason("strategy", "article", "Profit from services", ("C31",)),
    Reason("strategy", "article", "Sub-brands for other buyers", ("C33",)),
)


Ledger = Mapping[str, str]  # number of a claim -> confirmed, partly, contested, ...

STANDARDS = {"confirmed": {"confirmed"}, "partly": {"confirmed", "partly"}}  # what may stand
OPEN = {"not checkable", "note"}  # judgements that decide nothing
VERDICTS = ("falls", "unproven", "stands")  # from the worst to the best


def judged(judgement: str, standard: str, doubt: bool = False) -> str:
    """Does a claim with this judgement stand? One of VERDICTS.

    `doubt` gives its benefit to what cannot be checked.
    """
    if standard not in STANDARDS:
        raise ValueError(f"standard is {standard!r}: expected one of {', '.join(STANDARDS)}")
    if judgement in OPEN:
        return "stands" if doubt else "unproven"
    return "stands" if judgement in STANDARDS[standard] else "falls"


def verdict(
    reason: Reason, ledger: Ledger, standard: str, doubt: bool = False, weakest: bool = True
) -> str:
    """Does this reason stand? Eq. (1): the worst verdict of its claims, or else the best.

    A reason without a claim is unproven, or stands if doubt is given to its benefit.
    """
    if not reason.claims:
        return "stands" if doubt else "unproven"
    found = [VERDICTS.index(judged(ledger[id], standard, doubt)) for id in reason.claims]
    return VERDICTS[min(found) if weakest else max(found)]


def survive(ledger: Ledger, standard: str, doubt: bool, weakest: bool) -> Table:
    """Which of the reasons survive? One row for each of REASONS.

    Columns: number (from 1), question, teller, place (within question and teller, from 1), verdict.
    """
    place: list[int] = []
    for i, reason in enumerate(REASONS):
        place.append(1 + sum(one[:2] == reason[:2] for one in REASONS[:i]))
    return {
        "number": np.arange(1, len(REASONS) + 1),
        "question": [reason.question for reason in REASONS],
        "teller": [reason.teller for reason in REASONS],
        "place": place,
        "verdict": [verdict(one, ledger, standard, doubt, weakest) for one in REASONS],
    }


def resting_on(claim: str, teller: str = "") -> int:
    """How many reasons rest on this claim, of one teller or of both?"""
    return sum(claim in one.claims and teller in ("", one.teller) for one in REASONS)


# --- Leave one line of business out --------------------------------------------------------------


class Accounts(NamedTuple):
    """Revenue year by year, RMB bn; each an array over the same years."""

    year: NDArray[np.int64]
    total: Floats
    phones: Floats
    connected: Floats
    services: Floats


LINES = ("phones", "connected", "services")


def _growth(accounts: Accounts, line: str) -> tuple[Floats, Floats]:
    """How much more than in the first year was sold: of everything, and of this line."""
    if line not in LINES:
        raise ValueError(f"line is {line!r}: expected one of {', '.join(LINES)}")
    part = np.asarray(getattr(accounts, line), dtype=float)
    total = np.asarray(accounts.total, dtype=float)
    return total - total[0], part - part[0]


def growth_due(accounts: Accounts, line: str, spill: float) -> Floats:
    """Which share of growth since the first year is due to this line? Eq. (2), by year.

    Its own growth, and the part `spill` of all the others'. Not a number in the first year.
    """
    within("spill", spill, 0, 1)
    whole, own = _growth(accounts, line)
    due: Floats = own + spill * (whole - own)
    return _ratio(due, whole)


def spill_for(accounts: Accounts, line: str, share: float = 0.5) -> Floats:
    """Which spill makes this share of growth the line's? Eq. (3), by year.

    Below 0 where the line's own sales are more than that. Not a number in the first year.
    """
    within("share", share, 0, 1)
    whole, own = _growth(accounts, line)
    return _ratio(share * whole - own, whole - own)


def _ratio(above: Floats, below: Floats) -> Floats:
    """One over the other, not a number where there is nothing below."""
    found: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below != 0)
    return found


def without(accounts: Accounts, line: str, spill: float, until: int) -> Table:
    """What would revenue have been without the growth of one line? One row a year.

    RMB bn. Columns: year, actual, without (what is not due to the line), due (the line's share of
    growth), half (the spill that makes it half), chosen (1 in `until`). No growth is written as 0.
    """
    within("until", until, accounts.year[0], accounts.year[-1])
    due, half = growth_due(accounts, line, spill), spill_for(accounts, line)
    whole, own = _growth(accounts, line)
    return {
        "year": accounts.year,
        "actual": accounts.total,
        "without": accounts.total[0] + (1 - spill) * (whole - own),
        "due": np.nan_to_num(due),
        "half": np.nan_to_num(half),
        "chosen": (accounts.year == until).astype(float),
    }
