"""When does a partner keep its word because others would hear that it did not?

*Patience and news.* A repeated prisoner's dilemma in which a defection is noticed after a delay
(Raub and Weesie 1990); in a community the news must first travel (Kandori 1992, Greif 1993).
*Ties.* Favours that no single relation could sustain are kept up by the loss of several at once,
and the threat is believed where friends have friends in common (Jackson, Rodriguez-Barraquer and
Tan 2012: social quilts).

Networks are networkx graphs of any size; a period is the time between two dealings.
"""

from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_array, triu
from scipy.sparse.csgraph import dijkstra

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Patience: how soon is a defection noticed? --------------------------------------------------


class Game(NamedTuple):
    """A prisoner's dilemma that two partners play every period: payoffs to the one who decides."""

    temptation: Number = 5.0  # T, from cheating a partner who keeps its word
    reward: Number = 3.0  # R, when both keep their word
    punishment: Number = 1.0  # P, once neither does


def threshold(game: Game) -> Any:
    """How much of the future must count to keep one's word? (T - R) / (T - P), eq. (1)."""
    within("reward - punishment", np.subtract(game.reward, game.punishment), 0, open_low=True)
    within("temptation - reward", np.subtract(game.temptation, game.reward), 0)
    gain = np.subtract(game.temptation, game.reward)
    return gain / np.subtract(game.temptation, game.punishment)


def patience(game: Game, delay: ArrayLike = 1) -> Any:
    """How patient must a partner be if cheating is noticed after `delay` periods? Eq. (1).

    The least discount factor per period: delta^delay >= (T - R) / (T - P). With T, R, P = 5, 3, 1
    it is 0.5 at once and 0.794 after three periods (Raub and Weesie 1990).
    """
    within("delay", delay, 0, open_low=True)
    return threshold(game) ** (1 / np.asarray(delay, dtype=float))


def community_patience(game: Game, delays: ArrayLike) -> float:
    """How patient must a partner be if others hear that it cheated one of them? Eq. (2).

    `delays`: the period from which each partner no longer trusts it, infinite for those who never
    hear; with several rows, each is one way that the news may go. Cheating one partner once is not
    worth it if T - R <= (R - P) times the sum of delta^delay over the partners / (1 - delta), on
    average over the rows. One partner who knows after one period is eq. (1); K who do need only
    (T - R) / (T - R + K (R - P)), eq. (3). Infinite if nobody ever hears. The condition is that of
    collective punishment (Greif 1993), its delays are the casebook's own.
    """
    within("delay", delays, 0, open_low=True)
    bar = threshold(game)  # checks the payoffs as well
    times = np.atleast_2d(np.asarray(delays, dtype=float))
    heard = np.isfinite(times)
    if bar == 0:
        return 0.0
    if not heard.any():
        return float("inf")
    odds = bar / (1 - bar)  # (T - R) / (R - P)

    def gap(delta: float) -> float:
        lost = np.where(heard, delta ** np.where(heard, times, 1.0), 0.0).sum(axis=-1).mean()
        return float(lost) - float(odds) * (1 - delta)

    return float(brentq(gap, 0, 1, xtol=1e-12))


# --- Networks ------------------------------------------------------------------------------------

NETWORKS = ("clique", "small world", "circles", "ring", "star")
NEAREST = 4  # ties of each member of the small world
REWIRED = 0.2  # share of them that lead far away


def network(kind: str, members: int = 25, circle: int = 5, seed: int = 0) -> Any:
    """A networkx graph of `members` numbered from 0, the number 0 in the middle if there is one.

    "clique": all know each other. "star": all know only 0. "ring": each knows two neighbours.
    "small world": Watts and Strogatz (1998), 4 ties each, a fifth of them rewired. "circles": 0
    belongs to several circles of `circle` who all know each other (a windmill graph, a social
    quilt); then `members` - 1 is a multiple of `circle` - 1.
    """
    within("members", members, 2)
    if kind == "clique":
        return nx.complete_graph(members)
    if kind == "star":
        return nx.star_graph(members - 1)
    if kind == "ring":
        return nx.cycle_graph(members)
    if kind == "small world":
        return nx.connected_watts_strogatz_graph(members, NEAREST, REWIRED, seed=seed)
    if kind == "circles":
        blades, rest = divmod(members - 1, circle - 1)
        if rest or blades < 2:
            raise ValueError(
                f"members = {members}: expected one more than two or more times {circle - 1}"
            )
        return nx.windmill_graph(blades, circle)
    raise ValueError(f"kind = {kind!r} is unknown: expected one of {', '.join(NETWORKS)}")


def _open_ties(ties: Any, silent: int) -> Any:
    """Each tie once, as a sparse matrix, without those of the silent member."""
    matrix = nx.to_scipy_sparse_array(ties, sorted(ties)) if isinstance(ties, nx.Graph) else ties
    once = triu(matrix, k=1, format="coo")
    keep = (once.row != silent) & (once.col != silent)
    places = once.row[keep], once.col[keep]
    return csr_array((np.ones(keep.sum()), places), shape=once.shape)


def _travelled(once: Any, source: int, talk: float, rng: np.random.Generator) -> Floats:
    once.data[:] = rng.geometric(talk, once.nnz)
    reached: Floats = dijkstra(once, directed=False, indices=np.array([source]))[0]
    return reached


def arrival(ties: Any, source: int, silent: int, talk: float = 1.0, seed: int | None = 0) -> Floats:
    """In which period does news from `source` reach each member, if `silent` passes nothing on?

    `ties`: a networkx graph of members 0, 1, ..., or its sparse matrix for very large ones. In
    every period each who knows tells each friend with chance `talk`, so that a tie takes a
    geometric number of periods and the news arrives over the shortest path: 0 at the source,
    infinite where it never does.
    """
    within("talk", talk, 0, 1, open_low=True)
    return _travelled(_open_ties(ties, silent), source, talk, np.random.default_rng(seed))


def noticed(
    graph: Any, cheater: int = 0, talk: float = 1.0, runs: int = 1, seed: int = 0
) -> Floats:
    """When does each partner of `cheater` know that it cheated one of them? (runs, partners).

    One partner, another in every run, is cheated and knows after one period; the others hear it
    from their friends later, or never (infinite).
    """
    within("talk", talk, 0, 1, open_low=True)
    partners = np.array(sorted(graph[cheater]))
    once, rng = _open_ties(graph, cheater), np.random.default_rng(seed)
    cheated = rng.permutation(np.resize(partners, runs))
    return 1 + np.array([_travelled(once, int(one), talk, rng)[partners] for one in cheated])


RUNS = 24  # times that news is sent through each network in a lab
PERIODS = np.arange(1, 12)


def spread(talk: float, members: int) -> Table:
    """How fast do a cheater's partners know? Rows: five networks times eleven periods.

    Member 0 cheats one partner. Columns: network, period, share (of its partners who know).
    """
    shares = []
    for kind in NETWORKS:
        times = noticed(network(kind, members), talk=talk, runs=RUNS)
        shares.append([np.mean(times <= period) for period in PERIODS])
    return {
        "network": np.repeat(NETWORKS, len(PERIODS)).tolist(),
        "period": np.tile(PERIODS, len(NETWORKS)),
        "share": np.ravel(shares),
    }


def honesty(talk: float, temptation: float, members: int = 25) -> Table:
    """How patient must a partner be in each network to be kept honest? Rows: five networks.

    Columns: network, partners, hear (how many of them ever know), patience (least discount factor,
    eq. (2)) and alone (the same if only the one who was cheated knew, eq. (1)).
    """
    game = Game(temptation=temptation)
    times = [noticed(network(kind, members), talk=talk, runs=RUNS) for kind in NETWORKS]
    return {
        "network": list(NETWORKS),
        "partners": [one.shape[1] for one in times],
        "hear": [float(np.isfinite(one).sum(axis=1).mean()) for one in times],
        "patience": [community_patience(game, one) for one in times],
        "alone": [float(patience(game))] * len(times),
    }


SIZES = (25, 55, 77, 100, 150, 210, 300, 400)  # members of a growing circle
CIRCLES = ("in common", "anywhere")  # where each member's friends are found


def growing(kind: str, members: int, ties: int, seed: int = 0) -> Any:
    """A networkx graph of `members` with `ties` each, however many they are.

    "in common": each knows the nearest on a ring, so that friends have friends in common (a ring
    lattice). "anywhere": friends are drawn from all members (a random regular graph).
    """
    within("members", members, ties + 2)
    if kind == "in common":
        return nx.watts_strogatz_graph(members, ties, 0)
    if kind == "anywhere":
        return nx.random_regular_graph(ties, members, seed=seed)
    raise ValueError(f"kind = {kind!r} is unknown: expected one of {', '.join(CIRCLES)}")


def growth(ties: int, talk: float) -> Table:
    """How patient must a partner be in a circle that grows? Rows: two kinds times eight sizes.

    Every member has `ties` at every size. Columns: kind, members, density (share of all pairs who
    know each other, eq. (5)), patience (least discount factor, eq. (2), for T, R, P = 5, 3, 1; the
    news is sent through three networks) and alone (the same if only the one cheated knew).
    """
    needs = []
    for kind in CIRCLES:
        for size in SIZES:
            times = [
                noticed(growing(kind, size, ties, seed), talk=talk, runs=RUNS, seed=seed)
                for seed in range(3)
            ]
            needs.append(community_patience(Game(), np.concatenate(times)))
    members = np.tile(SIZES, len(CIRCLES))
    return {
        "kind": np.repeat(CIRCLES, len(SIZES)).tolist(),
        "members": members,
        "density": ties / (members - 1),
        "patience": needs,
        "alone": [float(patience(Game()))] * len(needs),
    }


# --- Ties: how many must be at stake, and which threats are believed -----------------------------


class Favour(NamedTuple):
    """Favours that friends ask of each other now and then."""

    value: Number = 5.0  # v, to the one who receives it
    cost: Number = 1.0  # c, to the one who does it, in the same unit
    chance: Number = 0.01  # p, that a given friend asks for one in a period
    patience: Number = 0.9  # delta, discount factor per period


def ties_needed(favour: Favour) -> Any:
    """How many ties must be at stake to make a favour worth doing? m of eq. (4).

    The least m with m delta p (v - c) / (1 - delta) > c (Jackson, Rodriguez-Barraquer and Tan
    2012, eq. (1)); at 1 each tie sustains itself.
    """
    within("cost", favour.cost, 0, open_low=True)
    within("value - cost", np.subtract(favour.value, favour.cost), 0, open_low=True)
    within("chance", favour.chance, 0, 1, open_low=True)
    within("patience", favour.patience, 0, np.nextafter(1, 0), open_low=True)
    gain = np.subtract(favour.value, favour.cost) * favour.chance
    worth = gain * favour.patience / np.subtract(1, favour.patience)
    return np.floor(favour.cost / worth).astype(int) + 1


def sustained(graph: Any, m: int) -> Any:
    """Which ties survive if each member needs at least `m` of them to be kept honest?

    The largest part of the network in which everybody has `m` ties or none: its m-core, as a new
    graph. A member with fewer fails its friends, they then have fewer, and so on.
    """
    within("m", m, 1)
    return nx.k_core(graph, m)


def supported(graph: Any) -> NDArray[np.bool_]:
    """Which ties have a common friend who would hear? One answer for each of `graph.edges`."""
    friends = {one: set(graph[one]) for one in graph}
    return np.array([not friends[a].isdisjoint(friends[b]) for a, b in graph.edges], dtype=bool)


def is_quilt(graph: Any, m: int) -> bool:
    """Is the network a social quilt: circles of m + 1 who all know each other, joined like a tree?

    These are the networks in which any failure to do a favour costs exactly `m` ties, the threat
    is believed and nobody further away suffers (Jackson, Rodriguez-Barraquer and Tan 2012, for
    `m` of two or more). Every block that no single member holds together is such a circle.
    """
    within("m", m, 1)
    sizes = [(len(block), graph.subgraph(block)) for block in nx.biconnected_components(graph)]
    return bool(sizes) and all(
        size == m + 1 and part.number_of_edges() == m * (m + 1) // 2 for size, part in sizes
    )


STATES = ("supported", "unsupported", "unravels")


def favours(patience: float, value: float, circle: int) -> Table:
    """Which ties keep favours going? Rows: five networks times three states.

    A favour costs 1 and is asked of each friend in 1 % of the periods. Six circles of `circle`,
    and four other networks of as many members. Columns: network, state ("supported": kept and with
    a common friend; "unsupported": kept without one; "unravels"), share (of the network's ties),
    needed (m) and quilt (1 if the network is a social quilt for that m).
    """
    m = int(ties_needed(Favour(value=value, patience=patience)))
    shares, quilt = [], []
    for kind in NETWORKS:
        graph = network(kind, 6 * (circle - 1) + 1, circle)
        kept = sustained(graph, m)
        ties, left = graph.number_of_edges(), kept.number_of_edges()
        known = int(supported(kept).sum())
        shares += [known / ties, (left - known) / ties, (ties - left) / ties]
        quilt += [float(is_quilt(graph, m))] * len(STATES)
    return {
        "network": np.repeat(NETWORKS, len(STATES)).tolist(),
        "state": list(STATES) * len(NETWORKS),
        "share": shares,
        "needed": [m] * len(shares),
        "quilt": quilt,
    }
