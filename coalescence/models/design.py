"""What is it worth that things look as though they belong together?

A home chooses a *bundle*: any subset of n products. Its utility counts each product once and each
matching pair once more (Gentzkow 2007; the multivariate logit of Russell and Petersen 2000), so
that n products carry n(n - 1)/2 chances to match. Two things that are bought together need not
match, though: they may only please the same people (Gentzkow 2007).

A table of bundles has 2**n entries; entry `mask` is the bundle of the products whose bits are set
in `mask` (product 0 is bit 0). Leading axes broadcast. Equation numbers are those of the chapter.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logsumexp, softmax

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values
MOST = 16  # products whose 65,536 bundles are still quick to work with


def pairs(products: Number) -> Number:
    """How many pairs are there among so many products? n(n - 1)/2, eq. (1)."""
    within("products", products, 0)
    return products * (products - 1) / 2


def holds(products: int) -> Floats:
    """Which bundle holds which product? Ones and zeros, (2**n, n)."""
    within("products", products, 1, MOST)
    return (np.arange(1 << products)[:, None] >> np.arange(products) & 1).astype(float)


def congruence(styles: ArrayLike) -> Floats:
    """How well does each pair match, from 0 to 1? (n, traits) or (n,) to (n, n).

    One less the mean distance between the two styles, each trait on a scale from 0 to 1. This
    index is the casebook's own. The diagonal is 0: nothing matches itself.
    """
    style = np.asarray(styles, dtype=float)
    within("styles", style, 0, 1)
    if style.ndim == 1:
        style = style[:, None]
    match = 1 - np.abs(style[:, None] - style).mean(axis=-1)
    np.fill_diagonal(match, 0)
    return np.asarray(match)


def utilities(appeal: ArrayLike, match: ArrayLike, weight: ArrayLike = 1.0) -> Floats:
    """What is each bundle worth to a home? Eq. (2), in utils over buying nothing.

    U(B) = sum of a_i in B + weight * sum of g_ij over pairs in B. `appeal` a (..., n) is net of
    price, `match` g (..., n, n) symmetric with a zero diagonal (negative for a clash), `weight`
    Gamma (...) says how much matching counts. Returns (..., 2**n).
    """
    a, g, gamma = (np.asarray(x, dtype=float) for x in (appeal, match, weight))
    within("weight", gamma, 0)
    n = a.shape[-1]
    if g.shape[-2:] != (n, n) or not np.array_equal(g, np.swapaxes(g, -1, -2)):
        raise ValueError(f"match of shape {g.shape}: expected a symmetric one of {n} by {n}")
    within("match of a product with itself", np.diagonal(g, axis1=-2, axis2=-1), 0, 0)
    inside = holds(n)
    matched = np.einsum("bi,...ij,bj->...b", inside, g, inside) / 2
    return np.asarray(a @ inside.T + gamma[..., None] * matched)


def chances(utility: ArrayLike) -> Floats:
    """How likely is each bundle? P(B) in proportion to exp U(B); (..., 2**n)."""
    return np.asarray(softmax(np.asarray(utility, dtype=float), axis=-1))


def bought(utility: ArrayLike) -> Floats:
    """How likely is each product to be in the bundle? (..., 2**n) to (..., n)."""
    chance = chances(utility)
    return np.asarray(chance @ holds(chance.shape[-1].bit_length() - 1))


def inclusive(utility: ArrayLike) -> Number:
    """What is the whole range worth to a home before it chooses? The log-sum.

    In utils; buying nothing is worth 0 to it. Its slope in a product's appeal is the chance that
    the product is bought.
    """
    return logsumexp(np.asarray(utility, dtype=float), axis=-1)


def next_chance(
    appeal: ArrayLike, match: ArrayLike, owned: ArrayLike, weight: ArrayLike = 1.0
) -> Number:
    """How likely is each product in a home that has just the `owned` others? Eq. (3).

    A logit in a_i + weight * sum of g_ij over what is owned: the conditional form of `chances`
    (Russell and Petersen 2000). `owned` (..., n) holds ones and zeros.
    """
    a, g, gamma = (np.asarray(x, dtype=float) for x in (appeal, match, weight))
    have = np.asarray(owned, dtype=float)
    within("owned", have, 0, 1)
    return expit(a + gamma[..., None] * np.einsum("...ij,...j->...i", g, have))


def lift(chance: ArrayLike) -> Number:
    """How much more often are two products bought together than chance would have it? Eq. (4).

    P(both) / (P(first) P(second)) from the table of a pair, (..., 4) to (...). The same for both.
    """
    p = np.asarray(chance, dtype=float)
    if p.shape[-1] != 4:
        raise ValueError(f"chance has {p.shape[-1]} entries: expected the 4 bundles of a pair")
    return p[..., 3] / ((p[..., 1] + p[..., 3]) * (p[..., 2] + p[..., 3]))


def pair(first: ArrayLike, second: ArrayLike, weight: ArrayLike, spread: float = 0.0) -> Floats:
    """How likely are none, the first, the second and both of two products? (..., 4).

    `first` and `second` are appeals; homes differ in a taste for the brand that adds to both, with
    standard deviation `spread`, integrated out with 41 Gauss-Hermite points.
    """
    within("spread", spread, 0, 5)
    nodes, shares = np.polynomial.hermite_e.hermegauss(41 if spread > 0 else 1)
    one, two, gamma = np.broadcast_arrays(
        *(np.asarray(x, dtype=float)[..., None] for x in (first, second, weight))
    )
    appeal = np.stack(np.broadcast_arrays(one + spread * nodes, two + spread * nodes), axis=-1)
    chance = chances(utilities(appeal, [[0, 1], [1, 0]], np.broadcast_to(gamma, appeal.shape[:-1])))
    return np.asarray(np.einsum("...kb,k->...b", chance, shares / shares.sum()))


def held(shares: ArrayLike, most: int = 8) -> Table:
    """In whose hands are the pairs? `most` + 1 rows, the last for `most` devices or more.

    `shares` of users with 0, 1, 2 ... devices. Columns: devices, users (share of all users) and
    pairs (share of all pairs of devices in one user's hands).
    """
    share = np.asarray(shares, dtype=float)
    own = np.arange(share.size)
    within("most", most, 2, share.size - 1)
    start = np.arange(most + 1)
    counted = np.add.reduceat(np.stack([share, share * pairs(own)]), start, axis=1)
    users, joined = counted / counted.sum(axis=1, keepdims=True)
    return {"devices": start, "users": users, "pairs": joined}


# Tables for the chapter's labs ----------------------------------------------------------------

PRODUCTS = ("Phone", "Band", "Lamp", "Purifier", "Cooker", "Speaker")


def latecomer(weight: float, match: float, appeal: float = -1.0) -> Table:
    """What does the next product of a range bring to a home that has all earlier ones? 12 rows.

    Columns: product (1 to 12), own (its appeal), matched (utils from pairs with the earlier ones),
    range (utils of all so far), chance (that the home buys it).
    """
    within("match", match, -1, 1)
    product = np.arange(1, 13)
    matched = weight * match * (product - 1)
    return {
        "product": product,
        "own": np.full(12, appeal),
        "matched": matched,
        "range": appeal * product + weight * match * pairs(product),
        "chance": expit(appeal + matched),
    }


def ugly(misfit: float, weight: float, appeal: float = -1.0) -> Table:
    """What does one product that does not match cost the others? 18 rows.

    The last of six products matches each other one by 1 - misfit: 0 at a misfit of 1, a clash
    beyond. Columns: case ("all match", "one does not", "left out"), product, chance that a home
    buys it, and worth of the range (log-sum, the same in each row of a case).
    """
    within("misfit", misfit, 0, 2)
    n = len(PRODUCTS)
    match = 1.0 - np.eye(n)
    odd = match.copy()
    odd[-1, :-1] = odd[:-1, -1] = 1 - misfit
    alone = np.full(n, appeal)
    tables = [utilities(alone, match, weight), utilities(alone, odd, weight)]
    tables.append(np.where(holds(n)[:, -1] == 1, -np.inf, tables[0]))  # it cannot be bought
    return {
        "case": np.repeat(["all match", "one does not", "left out"], n).tolist(),
        "product": list(PRODUCTS) * 3,
        "chance": np.concatenate([bought(table) for table in tables]),
        "worth": np.repeat([float(inclusive(table)) for table in tables], n),
    }


def alike(weight: float, spread: float) -> Table:
    """Bought together: because they match, or because the same homes like both? 13 rows.

    The price of the second product rises by 0 to 3 utils. Columns: dearer, first and second
    (share of homes that buy each), lift (seen at the old price, the same in each row).
    """
    dearer = np.linspace(0, 3, 13)
    chance = pair(-1.0, -1.0 - dearer, weight, spread)
    return {
        "dearer": dearer,
        "first": chance[:, 1] + chance[:, 3],
        "second": chance[:, 2] + chance[:, 3],
        "lift": np.full(13, float(lift(chance[0]))),
    }
