"""Which parameters make the whole firm follow its history, and how sure can one be of them?

Least squares on logarithms with a prior for every parameter that is fitted (a maximum a posteriori
estimate); its uncertainty is Laplace's approximation (Gelman et al. 2013). The arithmetic is
`firm`'s; this module asks how far it is from what was observed, and forecasts with what it found.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from coalescence.models import firm as engine
from coalescence.models import rise, together
from coalescence.models.firm import QUARTER, Decision, Firm, Run

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Table = dict[str, Any]  # name of a column -> its values
SYNERGIES = ("in_home", "design", "portfolio", "channels")
FLOWS = frozenset(engine.Flow._fields)
LAST = 2020  # the last year that is fitted; what came after is held out
SERIES = {  # what is fitted and scored: flow or stock -> metric of the company's table
    "phones": "smartphones_sold",
    "phone_revenue": "revenue_smartphones",
    "device_revenue": "revenue_iot",
    "service_revenue": "revenue_internet",
    "users": "miui_mau",
}
COUNT = "excl. smartphones and laptops"  # the one definition of devices that is fitted


class Prior(NamedTuple):
    """What is thought of a parameter before the figures are seen."""

    middle: float  # in the parameter's unit
    spread: float  # standard deviation of its logarithm


PRIORS = {
    "online": Prior(180, 0.5),
    "street": Prior(150, 0.6),
    "abroad": Prior(1000, 0.4),
    "half_abroad": Prior(5, 0.3),
    "innovation": Prior(0.02, 0.6),
    "imitation": Prior(1.5, 0.6),
    "phone_life": Prior(2.5, 0.3),
    "loyalty": Prior(0.5, 0.25),
    "learning": Prior(0.2, 0.4),
    "enrich": Prior(0.06, 0.5),
    "half_partners": Prior(150, 0.5),
    "buy": Prior(0.7, 0.5),
    "device_life": Prior(4, 0.3),
    "device_price": Prior(450, 0.4),
    "service": Prior(100, 0.4),
    "half_platform": Prior(4, 0.6),
    "pays_abroad": Prior(0.3, 0.4),
    "overhead": Prior(0.05, 0.3),
    "in_home": Prior(0.3, 0.5),
    "design": Prior(0.5, 0.5),
    "portfolio": Prior(1, 0.5),
    "channels": Prior(0.3, 0.5),
}


class Observed(NamedTuple):
    """One figure that the firm should come near."""

    name: str  # a flow of the year, or a stock
    at: float  # the year of a flow; the moment of a stock, 2015.0 being the end of 2014
    value: float  # in the engine's units
    spread: float = 0.1  # share by which the figure, or the model's account of it, may be off


class Fit(NamedTuple):
    """Fitted parameters, and how uncertain they are."""

    firm: Firm
    names: tuple[str, ...]  # of what was fitted
    logs: Floats  # logarithms of the estimates, (names,)
    covariance: Floats  # of the logarithms, (names, names)
    cost: float  # half the sum of squared residuals, priors included


# --- History: what was decided and what was observed ---------------------------------------------


def moment(period: str) -> float:
    """When a stock was counted, in years: '2018-03-31' and '2018-03' are both 2018.25."""
    year, month, *day = (int(part) for part in period.split("-"))
    return year + (month - 1 + (min(day[0], 30) / 30 if day else 1)) / 12


def path(stock: "pd.DataFrame", start: float, years: Sequence[int]) -> Floats:
    """A stock at the end of each year, on straight lines through its counts; 0 at `start`."""
    found = {start: 0.0} | {moment(p): float(v) for p, v in zip(stock["period"], stock["value"],
                                                               strict=True)}  # fmt: skip
    when = np.array(sorted(found))
    return np.interp([year + 1 for year in years], when, [found[t] for t in when])


def decided(company: "pd.DataFrame", partners: "pd.DataFrame", last: int = 2024) -> list[Decision]:
    """What the firm decided in each year from 2011 to `last`, as far as the tables tell.

    Stores and partners follow their counts, with straight lines between; partners are the
    ecosystem's companies, from 2018 on in proportion to all investees. Years before the first
    figure of a margin or of spending take the first.
    """
    years = list(range(int(engine.FIRST), last + 1))

    def share(metric: str, over: str | None = None) -> Floats:
        rows = company[(company["metric"] == metric) & (company["period_kind"] == "year")]
        values = rows.set_index("year")["value"]
        if over:
            whole = company[(company["metric"] == over) & (company["period_kind"] == "year")]
            values = (values / whole.set_index("year")["value"] * 100).dropna()
        return np.interp(years, values.index.astype(float), values.astype(float)) / 100

    def counts(table: "pd.DataFrame", metric: str) -> "pd.DataFrame":
        return table[table["metric"] == metric].drop_duplicates("period")

    margin = share("gross_margin_smartphones")
    both = company[company["metric"] == "gross_margin_hardware"].set_index("year")["value"]
    early = np.array(years) < 2017
    margin[early] = float(both[2016]) / 100
    shops = path(counts(company, "mi_home_stores_china"), 2015.5, years) / 1000
    firms = counts(partners, "ecosystem_companies")
    later = counts(partners, "investees").copy()
    later["value"] *= float(firms["value"].iloc[-1]) / float(later["value"].iloc[0])
    held = path(_joined(firms, later), 2014.0, years)
    stakes = partners[partners["metric"].str.startswith("typical_stake")]["value"]
    platform = share("rnd_expense", "revenue_total")
    keep = (1 - QUARTER * Firm().leave) ** 4  # of the partners that a year begins with
    taken = (held - keep * np.append(0, held[:-1])) * Firm().leave / (1 - keep)
    opened = np.diff(shops, prepend=0)
    return [
        Decision(*(float(x) for x in row))
        for row in zip(margin, opened, taken, [stakes.mean() / 100] * len(years), platform,
                       strict=True)
    ]  # fmt: skip


def _joined(first: "pd.DataFrame", second: "pd.DataFrame") -> "pd.DataFrame":
    """Two counts as one line; where both were made at one time, the first holds."""
    import pandas as pd

    return pd.concat([second[~second["period"].str[:7].isin(first["period"].str[:7])], first])


def observed(company: "pd.DataFrame", last: int = LAST) -> list[Observed]:
    """The figures up to the end of `last` that the model is held against."""
    yearly = company[company["period_kind"] == "year"]
    found = []
    for name, metric in [*SERIES.items(), ("profit", "adjusted_net_profit")]:
        for year, value in _values(yearly, metric):
            if year <= last and value > 0 and name in FLOWS:
                spread = 0.4 if name == "profit" else 0.25 if year < 2014 else 0.1
                found.append(Observed(name, float(year), value, spread))
    stocks = (
        ("users", "miui_mau", 0.05),
        ("users", "miui_mau_milestone", 0.05),
        ("users", "miui_users_announced", 0.3),
        ("devices", "iot_connected_devices", 0.07),
    )
    for name, metric, spread in stocks:
        rows = company[company["metric"] == metric]
        rows = rows[rows["definition"].eq(COUNT) | (name != "devices")]
        for period, value in zip(rows["period"], rows["value"], strict=True):
            if moment(period) <= last + 1:
                found.append(Observed(name, moment(period), float(value), spread))
    return found


def _values(rows: "pd.DataFrame", metric: str) -> list[tuple[int, float]]:
    chosen = rows[rows["metric"] == metric]
    return [(int(y), float(v)) for y, v in zip(chosen["year"], chosen["value"], strict=True)]


# --- The fit -------------------------------------------------------------------------------------


def modelled(result: Run, one: Observed) -> Any:
    """What the run says of the same thing: a year's flow, or a stock between two quarters."""
    if one.name in FLOWS:
        first = round((one.at - engine.FIRST) * 4)
        return engine.mean([getattr(flow, one.name) for flow in result.flows[first : first + 4]])
    steps = (one.at - engine.FIRST) / QUARTER
    last = min(int(steps), len(result.states) - 2)
    before, after = (getattr(result.states[i], one.name) for i in (last, last + 1))
    return before + (steps - last) * (after - before)


def gaps(result: Run, figures: Sequence[Observed]) -> Floats:
    """How far is the run from each figure? Logarithms of the ratio, 0 where it agrees."""
    values = np.array([float(modelled(result, one)) for one in figures])
    logs: Floats = np.log(np.maximum(values / [one.value for one in figures], 0.01))
    return logs


def fit(
    figures: Sequence[Observed],
    decisions: Sequence[Decision],
    base: Firm,
    priors: Mapping[str, Prior] = PRIORS,
    *,
    tries: int = 3,
    seed: int = 0,
) -> Fit:
    """The parameters that are most probable given figures and priors.

    Trust-region least squares (scipy) from `tries` starting points drawn from the priors, the
    first at their middle; the others' parameters stay as in `base`.
    """
    names = tuple(priors)
    middle = np.log([prior.middle for prior in priors.values()])
    spread = np.array([prior.spread for prior in priors.values()])
    width = np.array([one.spread for one in figures])

    def residuals(logs: Floats) -> Floats:
        off = gaps(engine.run(with_logs(base, names, logs), decisions), figures) / width
        return np.concatenate([off, (logs - middle) / spread])

    random = np.random.default_rng(seed)
    starts = [middle, *(middle + spread * random.standard_normal((tries - 1, len(names))) / 2)]
    best = min(
        (least_squares(residuals, at, x_scale=spread, max_nfev=200) for at in starts),
        key=lambda found: float(found.cost),
    )
    slopes = np.asarray(best.jac, dtype=float)  # of the residuals
    covariance = np.linalg.inv(slopes.T @ slopes)
    return Fit(with_logs(base, names, best.x), names, best.x, covariance, float(best.cost))


def with_logs(base: Firm, names: Sequence[str], logs: Sequence[Any] | Floats) -> Firm:
    """`base` with these parameters, given by their logarithms: numbers, or arrays (names, ...)."""
    values = (np.exp(log) for log in logs)
    plain = (float(value) if np.ndim(value) == 0 else value for value in values)
    return base._replace(**dict(zip(names, plain, strict=True)))


def drawn(found: Fit, count: int, seed: int = 0) -> Firm:
    """`count` firms from the uncertainty of the fit: a firm whose fitted fields are arrays."""
    random = np.random.default_rng(seed)
    logs = random.multivariate_normal(found.logs, found.covariance, size=count)
    return with_logs(found.firm, found.names, logs.T)


def ranges(found: Fit, size: float = 1.645) -> dict[str, tuple[float, float]]:
    """The 90% interval of each fitted parameter."""
    error = size * np.sqrt(np.diag(found.covariance))
    ends = zip(np.exp(found.logs - error), np.exp(found.logs + error), strict=True)
    return {name: (float(a), float(b)) for name, (a, b) in zip(found.names, ends, strict=True)}


def learned(found: Fit, priors: Mapping[str, Prior] = PRIORS) -> dict[str, float]:
    """How much narrower did the figures make what was thought of each parameter? 0 to 1."""
    error = np.sqrt(np.diag(found.covariance))
    return {n: float(1 - e / priors[n].spread) for n, e in zip(found.names, error, strict=True)}


def stored(table: "pd.DataFrame") -> Firm:
    """The fitted firm as it is kept in the table `firm`: parameter and value, a row each."""
    values = dict(zip(table["parameter"], table["value"].astype(float), strict=True))
    if missing := sorted(set(Firm._fields) - set(values)):
        raise ValueError(f"the table firm lacks the parameters {', '.join(missing)}")
    if unknown := sorted(set(values) - set(Firm._fields)):
        raise ValueError(f"the table firm has unknown parameters {', '.join(unknown)}")
    return Firm(**values)


# --- Forecasts, scored ---------------------------------------------------------------------------


def frozen(decisions: Sequence[Decision], years: int) -> list[Decision]:
    """The last year's decisions, held for as many `years` more."""
    return [*decisions, *[decisions[-1]] * years]


def forecasts(
    known: Mapping[str, tuple[Floats, Floats]], later: Sequence[int], runs: Mapping[str, Run]
) -> dict[str, dict[str, Floats]]:
    """Each way of forecasting each series for the years `later`.

    `known` has years and values of each series; `runs` are runs of the firm through `later`.
    """
    found: dict[str, dict[str, Floats]] = {}
    steps = np.array(later)
    for name, (years, values) in known.items():
        pace = values[-1] / values[-2]
        curve = rise.fit("logistic", years - engine.FIRST, values)
        ways = {
            "Same as last year": rise.last_value(values, len(later)),
            "Same step every year": rise.drift(values, len(later)),
            "Same growth every year": values[-1] * pace ** (steps - years[-1]),
            "Logistic curve": np.asarray(curve(steps - engine.FIRST), dtype=float),
        }
        for way, result in runs.items():
            series = engine.yearly(result, name) if name in FLOWS else engine.ends(result, name)
            ways[way] = np.array([series[year - int(engine.FIRST)] for year in later])
        found[name] = ways
    return found


def contest(
    company: "pd.DataFrame", runs: Mapping[str, Run], later: Sequence[int] = range(2021, 2025)
) -> Table:
    """How far was each forecast from what came? Mean absolute error, share of what came.

    Columns: forecast, a column for each of SERIES, all (their mean). Nothing after LAST is used
    to make a forecast, except decisions in a run that says so.
    """
    yearly = company[company["period_kind"] == "year"]
    known, came = {}, {}
    for name, metric in SERIES.items():
        rows = dict(_values(yearly, metric) if name in FLOWS else _december(company, metric))
        years = np.array([year for year in rows if year <= LAST], dtype=float)
        known[name] = (years, np.array([rows[int(year)] for year in years]))
        came[name] = np.array([rows[year] for year in later])
    made = forecasts(known, later, runs)
    ways = list(next(iter(made.values())))
    errors = {
        name: [rise.score(known[name][1], came[name], made[name][way]).mape for way in ways]
        for name in SERIES
    }
    whole = np.mean(list(errors.values()), axis=0)
    return {"forecast": ways, **errors, "all": [float(x) for x in whole]}


def _december(company: "pd.DataFrame", metric: str) -> list[tuple[int, float]]:
    """A stock's counts of each December."""
    rows = company[(company["metric"] == metric) & company["period"].str.endswith("-12")]
    return [(int(p[:4]), float(v)) for p, v in zip(rows["period"], rows["value"], strict=True)]


# --- The slump -----------------------------------------------------------------------------------


class Explained(NamedTuple):
    """One version of the firm, fitted, and the run that it leads to."""

    fit: Fit
    run: Run

    def sold(self, year: int) -> float:
        """Phones sold in a year, million."""
        return float(engine.yearly(self.run, "phones")[year - int(engine.FIRST)])

    def change(self, year: int) -> float:
        """By which share more phones were sold than in the year before."""
        return self.sold(year) / self.sold(year - 1) - 1


WITHOUT = {  # a version of the firm -> its parameters that are zero
    "Whole firm": (),
    "No countries abroad": ("abroad",),
    "No stores": ("street", "channels", "portfolio"),
    "Nothing runs full": ("abroad", "street", "channels", "portfolio"),
}
ENDLESS = Prior(3000, 0.1)  # million people online, when nothing is to run full
RICH = 1e6  # RMB bn of credit: no version may stall by going broke


def explanations(
    figures: Sequence[Observed], decisions: Sequence[Decision], base: Firm, *, tries: int = 2
) -> dict[str, Explained]:
    """The firm without one thing or another, each version fitted anew to the same figures."""
    found = {}
    for name, gone in WITHOUT.items():
        priors = {key: prior for key, prior in PRIORS.items() if key not in gone}
        if len(gone) > 3:
            priors["online"] = ENDLESS
        less = base._replace(credit=RICH, **dict.fromkeys(gone, 0.0))
        best = fit(figures, decisions, less, priors, tries=tries)
        found[name] = Explained(best, engine.run(best.firm, decisions))
    return found


# --- The four synergies in the fitted firm -------------------------------------------------------


def switched(found: Firm, mask: int) -> Firm:
    """The firm with only the synergies whose bits are set in `mask`."""
    off = [name for i, name in enumerate(SYNERGIES) if not mask >> i & 1]
    return found._replace(**{name: 0.0 * getattr(found, name) for name in off})


def sixteen(found: Firm, decisions: Sequence[Decision], measure: Callable[[Run], Any]) -> Floats:
    """By what share does `measure` of a run rise with each subset of synergies? (..., 16).

    In the order of `together`'s table; the firm's fields may be arrays.
    """
    values = [measure(engine.run(switched(found, mask), decisions)) for mask in range(16)]
    table = np.stack(np.broadcast_arrays(*values), axis=-1).astype(float)
    return np.asarray(table / table[..., :1] - 1)


def revenue(result: Run) -> Any:
    """The firm's revenue in the last year of a run, RMB bn."""
    parts = ("phone_revenue", "device_revenue", "service_revenue")
    phone, device, service = (engine.yearly(result, name)[-1] for name in parts)
    return phone + device + service


def credit(worth: Floats) -> Table:
    """The synergies' Shapley shares, what each brings alone, and their 90% intervals.

    `worth` is (firms, 16). Columns: synergy, share, low, high, alone, alone_low, alone_high.
    """
    shares, single = together.shapley(worth), together.alone(worth)
    low, middle, high = np.quantile(shares, [0.05, 0.5, 0.95], axis=0)
    first, half, last = np.quantile(single, [0.05, 0.5, 0.95], axis=0)
    return {"synergy": list(together.NAMES), "share": middle, "low": low, "high": high,
            "alone": half, "alone_low": first, "alone_high": last}  # fmt: skip


# --- Tables for the chapter's figures and labs ---------------------------------------------------

YEARS = list(range(int(engine.FIRST), LAST + 1))
SCORES = ("cash", "users", "founders", "buyers")


def changed(
    found: Firm,
    decisions: Sequence[Decision],
    *,
    margin: float = 0.0,
    stores: float = 1.0,
    partners: float = 1.0,
    stake: float = 0.0,
    supply: bool = True,
) -> tuple[Firm, list[Decision]]:
    """The firm and its decisions with one thing or several done otherwise.

    `margin` is added to that on phones; `stores` and `partners` multiply what was opened and taken
    on; `stake` replaces the stake unless it is 0; without `supply` capacity never binds.
    """
    other = [
        one._replace(
            margin=one.margin + margin,
            stores=one.stores * stores,
            partners=one.partners * partners,
            stake=stake or one.stake,
        )
        for one in decisions
    ]
    return found._replace(scarce=float(supply)), other


def otherwise(
    found: Firm,
    decisions: Sequence[Decision],
    sold: Mapping[int, float],
    *,
    margin: float = 0.0,
    stores: float = 1.0,
    partners: float = 1.0,
    stake: float = 0.0,
    supply: bool = True,
) -> Table:
    """What if the firm had decided otherwise? Ten rows of years, then four of scores.

    `sold` are the phones really sold, million by year. Columns: part ("year" or "score"), year,
    score, seen (0 where no figure is), fitted, now; phones in millions, and scores at the end of
    2020 as a share of those of the fitted history.
    """
    base = engine.run(found, decisions)
    firm, other = changed(found, decisions, margin=margin, stores=stores, partners=partners,
                          stake=stake, supply=supply)  # fmt: skip
    result = engine.run(firm, other)
    then, now = (r.states[-1] for r in (base, result))
    ratios = [getattr(now, name) / getattr(then, name) for name in SCORES]
    return {
        "part": ["year"] * len(YEARS) + ["score"] * 4,
        "year": YEARS + [LAST] * 4,
        "score": [""] * len(YEARS) + list(SCORES),
        "seen": [float(sold.get(year, 0.0)) for year in YEARS] + [0.0] * 4,
        "fitted": [*engine.yearly(base, "phones"), *[1.0] * 4],
        "now": [*engine.yearly(result, "phones"), *ratios],
    }


def loops(found: Firm, decisions: Sequence[Decision], *, year: int) -> Table:
    """How strong was each loop in a year? Eight rows; each strength is a share, 0 to 1.

    Columns: loop, kind ("reinforcing" or "balancing"), strength.
    """
    result = engine.run(found, decisions)
    strength = [engine.yearly(result, name)[year - int(engine.FIRST)] for name in engine.LOOPS]
    return {
        "loop": list(engine.LOOPS.values()),
        "kind": [
            "reinforcing" if words[0] == "R" else "balancing" for words in engine.LOOPS.values()
        ],
        "strength": [round(float(x), 2) for x in strength],
    }


def lines(runs: Mapping[str, Run], name: str, unit: float = 1.0) -> Table:
    """A flow by year in several runs. Columns: run, year, value."""
    rows = [(way, year, value * unit) for way, result in runs.items()
            for year, value in zip(range(int(engine.FIRST), 2100), engine.yearly(result, name),
                                   strict=False)]  # fmt: skip
    ways, years, values = zip(*rows, strict=True)
    return {"run": list(ways), "year": list(years), "value": list(values)}
