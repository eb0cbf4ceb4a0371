"""Where should the shops stand, how good should the cheap phone be, and what pays for low margins?

*Places.* Shoppers spread over shopping places by size and distance (Huff 1964); a shop's
contribution follows from who comes, and anchors and rivals bring different people (Pashigian and
Gould 1998; Vitorino 2012).
*Brands.* A cheap model tempts those who would buy the dear one, so it is made worse than it could
be (Mussa and Rosen 1978; Moorthy 1984).
*Services.* What a buyer brings after the purchase (Gupta and Lehmann 2003) lowers the price of the
phone (Ellison 2005).

Every function takes floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from coalescence.models import strategy
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Where shoppers go ---------------------------------------------------------------------------


def huff(size: ArrayLike, distance: ArrayLike, gamma: ArrayLike = 1, decay: ArrayLike = 2) -> Any:
    """How likely does a shopper go to each place? Eq. (1), Huff (1964).

    A**gamma d**-decay, as a share of its sum over the places, which are the last axis of `size` A
    (floor space, any unit) and `distance` d (minutes or km); leading axes broadcast. `decay` is
    the lambda of the field.
    """
    within("size", size, 0, open_low=True)
    within("distance", distance, 0, open_low=True)
    within("decay", decay, 0)
    draw, repel = (np.asarray(power, dtype=float)[..., None] for power in (gamma, decay))
    return softmax(draw * np.log(size) - repel * np.log(distance), axis=-1)


def breaking_point(
    size: ArrayLike, other: ArrayLike, apart: ArrayLike, gamma: ArrayLike = 1, decay: ArrayLike = 2
) -> Any:
    """How far from the first of two places do shoppers divide equally? Eq. (2).

    `apart` is the distance between them; with gamma 1 and decay 2 it is the breaking point of
    Reilly's law.
    """
    within("size", size, 0, open_low=True)
    within("other", other, 0, open_low=True)
    within("decay", decay, 0, open_low=True)
    return apart / (1 + np.divide(other, size) ** np.divide(gamma, decay))


ROAD = np.linspace(0.25, 9.75, 39)  # km from the mall at which the lab asks; 10 km to the street


def road(size: float, gamma: float, decay: float) -> Table:
    """Who goes to the mall, along a road that ends at the telecom street? 40 rows.

    `size` is the mall's size, the street's being 1. Columns: point ("road", "break"), km from the
    mall, share that goes to the mall. The last row is where half do.
    """
    middle = breaking_point(size, 1, 10, gamma, decay)
    km = np.append(ROAD, np.clip(middle, 0.01, 9.99))
    share = huff([size, 1], np.stack([km, 10 - km], axis=-1), gamma, decay)[..., 0]
    return {"point": ["road"] * ROAD.size + ["break"], "km": km, "share": share}


# --- What a shop contributes ---------------------------------------------------------------------


class Shoppers(NamedTuple):
    """People of one kind who come into a shop."""

    visitors: Number = 100_000.0  # V, people a year
    conversion: Number = 0.2  # kappa, share of them who buy
    margin: Number = 50.0  # m, RMB of gross margin on what a buyer takes home


class Premises(NamedTuple):
    """What a shop costs, however many come."""

    area: Number = 150.0  # A, square metres
    rent: Number = 6000.0  # rho, RMB a square metre and year
    fixed: Number = 900_000.0  # F, RMB a year for staff, fittings and power


def upkeep(premises: Premises) -> Any:
    """What does the shop cost a year? RMB, rho A + F."""
    within("area", premises.area, 0)
    return np.multiply(premises.rent, premises.area) + premises.fixed


def earned(shoppers: Shoppers) -> Any:
    """What gross margin do these people leave behind a year? RMB, V kappa m."""
    within("visitors", shoppers.visitors, 0)
    within("conversion", shoppers.conversion, 0, 1)
    return np.multiply(shoppers.visitors, shoppers.conversion) * shoppers.margin


def contribution(groups: Sequence[Shoppers], premises: Premises) -> Any:
    """What is left of the shop's margin after rent and staff? RMB a year, V kappa m - rho A - F.

    Eq. (3), summed over the kinds of people who come.
    """
    return sum(earned(group) for group in groups) - upkeep(premises)


def break_even(groups: Sequence[Shoppers], premises: Premises) -> Any:
    """How many must come a year for the shop to pay? (rho A + F) / (kappa m), eq. (4).

    The kinds of people stay mixed as they are. Raises ValueError where nobody leaves a margin.
    """
    visitors = sum(np.asarray(group.visitors, dtype=float) for group in groups)
    gross = sum(earned(group) for group in groups)
    within("margin of all who come", gross, 0, open_low=True)
    return upkeep(premises) * visitors / gross


class Town(NamedTuple):
    """Two places for the same shop: beside rivals, or beside anchor stores. The casebook's own.

    In the telecom street stand rivals, so people who want a phone come from far, compare and press
    the price. In the mall stand anchors, which bring people who want anything.
    """

    seekers: Number = 300_000.0  # people a year who go out to buy a phone
    draw: Number = 1.3  # gamma of Huff's model, with the number of phone shops as size
    pressure: Number = 0.05  # share of the phone's margin that each rival next door takes
    passers: Number = 60_000.0  # people a year that one anchor brings into the shop
    wants: Number = 0.4  # share of the phone seekers who buy in a shop that they enter
    tempted: Number = 0.2  # share of the passers who buy something, given a whole range
    phone: Number = 80.0  # RMB of margin on a phone where no rival stands next door
    other: Number = 35.0  # RMB of margin on what a passer buys


def street(town: Town, rivals: Number) -> list[Shoppers]:
    """Who comes into the shop among `rivals` phone shops, and with what margin?

    The street's share of the seekers is Huff's at equal distance, divided equally among its shops.
    """
    within("rivals", rivals, 0)
    within("pressure", town.pressure, 0, 1)
    shops = 1 + np.asarray(rivals, dtype=float)
    share = huff(np.stack([shops, np.ones_like(shops)], axis=-1), 1, town.draw)[..., 0]
    margin = town.phone * (1 - np.asarray(town.pressure)) ** rivals
    return [Shoppers(town.seekers * share / shops, town.wants, margin)]


def mall(town: Town, rivals: Number, anchors: Number, breadth: Number = 1.0) -> list[Shoppers]:
    """Who comes into the same shop in a mall with so many anchor stores, the rivals elsewhere?

    Seekers who did not go to the street, and passers, who find something in proportion to the
    `breadth` of the range (0 only phones, 1 the whole range).
    """
    within("anchors", anchors, 0)
    within("breadth", breadth, 0, 1)
    shops = 1 + np.asarray(rivals, dtype=float)
    share = huff(np.stack([shops, np.ones_like(shops)], axis=-1), 1, town.draw)[..., 1]
    return [
        Shoppers(town.seekers * share, town.wants, town.phone),
        Shoppers(
            np.multiply(town.passers, anchors), np.multiply(town.tempted, breadth), town.other
        ),
    ]


MOST = 600_000.0  # visitors a year at which the lab's lines end


def sites(rivals: int, anchors: int, breadth: float, rent: float) -> Table:
    """Does the shop pay in the street, and in the mall, at the same rent? 8 rows.

    Columns: place ("street", "mall"), point ("line", "actual", "needed"), visitors (thousand a
    year), contribution (RMB million a year). A place's line runs over visitors of its own kinds.
    """
    town, premises = Town(), Premises(rent=rent)
    columns: Table = {"place": [], "point": [], "visitors": [], "contribution": []}
    for place, groups in (
        ("street", street(town, rivals)),
        ("mall", mall(town, rivals, anchors, breadth)),
    ):
        come = float(sum(np.asarray(group.visitors) for group in groups))
        needed = float(break_even(groups, premises))
        cost = float(upkeep(premises))
        columns["place"] += [place] * 4
        columns["point"] += ["line", "line", "actual", "needed"]
        visitors = np.array([0, MOST, come, needed])
        columns["visitors"] += (visitors / 1000).tolist()
        columns["contribution"] += ((visitors / needed - 1) * cost / 1e6).tolist()
    return columns


# --- How good should the cheap one be? -----------------------------------------------------------


class Segments(NamedTuple):
    """Two kinds of buyers. A phone of quality q costs q**2 / 2 to make."""

    high: Number = 1.5  # theta_H, what one unit of quality is worth to the demanding
    low: Number = 1.0  # theta_L, what it is worth to the thrifty
    share: Number = 0.3  # lambda, share of the demanding among all buyers


class Line(NamedTuple):
    """Two phones and what they earn."""

    high: Number  # q_H, quality of the dear one
    low: Number  # q_L, quality of the cheap one; 0 where it is not offered
    high_price: Number
    low_price: Number
    profit: Number  # per buyer of either kind


def product_line(segments: Segments, apart: Number = 0.0) -> Line:
    """Which two phones earn most? Eq. (5), Mussa and Rosen (1978), Moorthy (1984).

    q_H = theta_H and q_L = theta_L - lambda / (1 - lambda) (theta_H - theta_L), or no cheap phone.
    `apart` is the casebook's own: how far the cheap brand stands from the dear one. A demanding
    buyer counts only 1 - apart of the extra that the cheap phone's quality would be worth to her;
    0 is the published model, 1 takes all temptation away.
    """
    high, low, share = (np.asarray(value, dtype=float) for value in segments)
    within("low", low, 0, open_low=True)
    within("high / low", high / low, 1)
    within("share", share, 0, np.nextafter(1, 0))
    within("apart", apart, 0, 1)
    tempting = (1 - np.asarray(apart)) * (high - low)
    cheap = np.maximum(low - share / (1 - share) * tempting, 0)
    left = tempting * cheap  # what a demanding buyer must be left so as not to take the cheap one
    best = high + 0 * cheap
    earned = share * (high**2 / 2 - left) + (1 - share) * (low * cheap - cheap**2 / 2)
    return Line(best, cheap, high * best - left, low * cheap, earned)


def dropped_from(high: Number, low: Number, apart: Number = 0.0) -> Any:
    """From which share of demanding buyers on is no cheap phone offered? Eq. (6).

    theta_L / theta_H in the published model (`apart` = 0).
    """
    within("low", low, 0, open_low=True)
    within("high / low", np.divide(high, low), 1)
    within("apart", apart, 0, 1)
    return low / (low + (1 - np.asarray(apart)) * (np.asarray(high) - low))


SHARES = np.linspace(0.05, 0.95, 19)  # shares of demanding buyers along the lab's axis


def brands(ratio: float, share: float, apart: float) -> Table:
    """How good is the cheap phone, under one brand and under two? 20 rows.

    Theta_L is 1 and theta_H `ratio`. Columns: point ("curve", "chosen"), share of demanding
    buyers, one and two (the cheap phone's quality as a share of the best for its buyers, under
    one brand and with a second brand `apart`), and what each earns (one_profit, two_profit, as a
    share of the profit if every buyer's taste were known).
    """
    shares = np.append(SHARES, share)
    segments = Segments(ratio, 1.0, shares)
    lines = (product_line(segments), product_line(segments, apart))
    known = (shares * ratio**2 + 1 - shares) / 2
    return {
        "point": ["curve"] * SHARES.size + ["chosen"],
        "share": shares,
        "one": lines[0].low,
        "two": lines[1].low,
        "one_profit": lines[0].profit / known,
        "two_profit": lines[1].profit / known,
    }


# --- What a buyer brings afterwards --------------------------------------------------------------


def lifetime_value(margin: ArrayLike, retention: ArrayLike, discount: ArrayLike) -> Any:
    """What is a buyer worth after the purchase? m r / (1 + i - r), eq. (7).

    Gupta and Lehmann (2003): `margin` m RMB a year, first a year from now and only from those who
    stayed; `retention` r, share who stay another year; `discount` i a year.
    """
    within("retention", retention, 0, 1)
    within("discount", discount, 0)
    return np.multiply(margin, margin_multiple(retention, discount))


def margin_multiple(retention: ArrayLike, discount: ArrayLike) -> Any:
    """How many years' margin is a buyer worth? r / (1 + i - r), 1.07 to 4.5 as a rule."""
    gone = 1 + np.asarray(discount, dtype=float) - np.asarray(retention, dtype=float)
    within("1 + discount - retention", gone, 0, open_low=True)
    return np.asarray(retention, dtype=float) / gone


# What others do decides how much of the services' value goes to the buyer.
DEMANDS = ("alone", "curved", "equals", "ahead")
CEILING = 1.6  # price at which nobody buys from a firm that is alone, the phone's cost being 1
SPREAD = 0.2  # with a curved demand, the rise in price that loses 63% of the buyers
TASTE = 0.1  # t, against a rival: what taste is worth to the most loyal


def hardware_margin(value: ArrayLike, demand: str = "alone") -> Any:
    """Which margin on the phone earns most, if a buyer brings `value` afterwards? Eq. (8).

    Both are shares of the phone's cost. Alone before a straight demand half of the value goes into
    the price; before an exponential one ("curved") all of it. Against a rival with the same
    services ("equals") all of it, and none is kept (Ellison 2005); against one without ("ahead")
    two thirds.
    """
    if demand not in DEMANDS:
        raise ValueError(f"demand = {demand!r}: expected one of {', '.join(DEMANDS)}")
    within("value", value, 0)
    v = np.asarray(value, dtype=float)
    if demand == "alone":
        return (CEILING - 1 - v) / 2
    if demand == "curved":
        return SPREAD - v
    gap = v if demand == "ahead" else 0 * v
    return strategy.hotelling(0.0, -gap, TASTE).markup - v


def buyers(margin: ArrayLike, value: ArrayLike, demand: str = "alone") -> Any:
    """How many buy at this margin on the phone, as a share of those who would at cost?

    Against a rival: the share of all buyers, the rival asking its best price.
    """
    best = hardware_margin(value, demand)
    m = np.asarray(margin, dtype=float)
    if demand == "alone":
        return np.maximum(1 - m / (CEILING - 1), 0)
    if demand == "curved":
        return np.exp(-m / SPREAD)
    rival = best if demand == "equals" else TASTE - np.asarray(value) / 3
    return np.clip(0.5 + (rival - m) / (2 * TASTE), 0, 1)


MARGINS = np.linspace(-0.5, 0.5, 21)  # margins on the phone along the lab's axis
CAP = 0.05  # of the documents: under 5%


def services(yearly: float, retention: float, demand: str, discount: float = 0.12) -> Table:
    """What does each margin on the phone earn, with services after the purchase? 23 rows.

    `yearly` is the services' gross margin a year per user, as a share of the phone's cost.
    Columns: point ("curve", "best", "cap"), margin on the phone, hardware, after (from services)
    and together, each per potential buyer as a share of the phone's cost.
    """
    value = float(lifetime_value(yearly, retention, discount))
    margin = np.append(MARGINS, [float(hardware_margin(value, demand)), CAP])
    sold = buyers(margin, value, demand)
    return {
        "point": ["curve"] * MARGINS.size + ["best", "cap"],
        "margin": margin,
        "hardware": sold * margin,
        "after": sold * value,
        "together": sold * (margin + value),
    }
