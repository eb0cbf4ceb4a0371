"""What happens when every mechanism of the book runs in one firm?

Stocks that fill and drain (Sterman 2000): fans, phone users, people who wait, capacity, stores,
partners, connected devices, what a phone costs, a rival's price, cash. Loops: word of mouth (R1),
scale and cost (R2), users and partners (R3), store traffic (R4); saturation (B1), capacity (B2),
rent (B3), the reach of a personal network (B4).

The module imports nothing but the standard library and uses only comparison and the four
operations, which are the same to the last bit in every Python; a run in a browser, on a laptop and
on an array of a million firms is one and the same. People, phones and devices are in millions,
stores in thousands, money in RMB bn, prices in RMB; rates are per year and a step is a quarter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Number = Any  # a float, or an array of floats with one entry for each firm
QUARTER = 0.25  # years in a step
FIRST = 2011.0  # the year at whose beginning a run begins


class Decision(NamedTuple):
    """What the firm decides for a year."""

    margin: Number = 0.05  # gross margin on phones, share of their price
    stores: Number = 0.0  # thousand stores to open a year; below zero closes them
    partners: Number = 0.0  # partner firms to take on, a year
    stake: Number = 0.2  # share of each partner that the firm holds
    platform: Number = 0.03  # spending on system and services, share of revenue


class Firm(NamedTuple):
    """The firm and its market, as parameters."""

    # who can be reached
    online: Number = 130.0  # million people who would buy a phone unseen
    street: Number = 150.0  # million people whom any number of stores could add
    half_stores: Number = 1.0  # thousand stores that reach half of them
    abroad: Number = 900.0  # million people whom all countries abroad could add
    half_abroad: Number = 5.0  # years from the first country until half of them are reached
    entry: Number = 2014.5  # when the first country abroad was entered
    # how they come and go
    launch: Number = 2011.75  # when the first phone was sold
    innovation: Number = 0.02  # p, of those reached, a year who buy without being told
    imitation: Number = 1.5  # q, a year, by word of mouth
    fan_voice: Number = 5.0  # phone users whose word one fan's counts for
    wait_voice: Number = 0.5  # share of a user's word that somebody who waits spreads
    steep: Number = 6.0  # exponent of price in the choice between phones: 3 or 6
    notice: Number = 1.0  # years in which buyers take note of a price
    phone_life: Number = 2.5  # years between one phone and the next
    loyalty: Number = 0.5  # share whose next phone is the firm's again, at equal odds
    patience: Number = 1.0  # years that somebody waits for a phone out of stock
    # fans
    recruits: Number = 0.5  # million fans a year for each RMB bn of the platform
    fan_life: Number = 2.0  # years that a fan stays one
    # phones
    cost: Number = 1899.0  # RMB, of the first phone
    learning: Number = 0.25  # b, exponent of Wright's law
    enrich: Number = 0.08  # by which better parts raise a phone's cost a year
    capacity_lag: Number = 0.5  # years to build the capacity that is wanted
    scarce: Number = 1.0  # 1: capacity binds; 0: whatever is ordered is delivered
    trade: Number = 1.45  # price of a like phone through the trade, multiple of its cost
    answer_lag: Number = 2.0  # years in which the rival's price follows
    rival_cost: Number = 1.4  # what a like phone costs the rival with its dealers, multiple
    # partners and devices
    half_partners: Number = 150.0  # partners with half of all thinkable variety
    pool: Number = 4.0  # partners a year who would join, for each million users and fans
    leave: Number = 0.03  # share of partners who leave, a year
    founder: Number = 1.0  # what a unit of a founder's effort adds to a partner
    help: Number = 0.5  # what a unit of the firm's help adds to it
    buy: Number = 0.7  # devices that a user would buy a year from a full range
    room: Number = 8.0  # devices for which a user has a place
    device_life: Number = 4.0  # years
    device_price: Number = 450.0  # RMB
    device_margin: Number = 0.12  # the firm's gross margin on devices, share of their price
    partner_margin: Number = 0.08  # a partner's profit, share of what it is paid
    care: Number = 0.02  # RMB bn a year to support a partner
    ticket: Number = 0.1  # RMB bn, what the whole of a new partner is worth
    # services
    service: Number = 100.0  # RMB of services a year from a user of a full platform
    half_platform: Number = 4.0  # RMB bn of platform with half of that
    platform_life: Number = 5.0  # years
    pays_abroad: Number = 0.3  # what a user abroad brings, share of one at home
    service_margin: Number = 0.65  # gross margin on services
    # the four synergies
    in_home: Number = 0.3  # loyalty that devices at home add at most, share
    design: Number = 0.5  # rise in purchases when all that one owns matches
    portfolio: Number = 1.0  # rise in what a store reaches, given a full range
    channels: Number = 0.3  # rise in sales to those reached, and of devices, with stores enough
    # money
    store_cost: Number = 1.8  # RMB bn a year for a thousand stores
    overhead: Number = 0.05  # other cost, share of revenue
    credit: Number = 5.0  # RMB bn that the firm may owe
    tight: Number = 0.5  # RMB bn short of that, from where on suppliers and landlords hold back


class State(NamedTuple):
    """The firm at the beginning of a quarter."""

    year: float = FIRST  # the moment, in years
    fans: Number = 0.3  # million
    users: Number = 0.0  # million
    waiting: Number = 0.0  # million who have ordered
    capacity: Number = 1.0  # million phones a year
    made: Number = 0.3  # million phones so far; learning counts from here
    unit: Number = 1899.0  # RMB, what a phone costs to make
    asked: Number = 1899.0  # RMB, what buyers think that the phone costs
    rival: Number = 2753.55  # RMB, what the rival asks for a like phone
    stores: Number = 0.0  # thousand
    partners: Number = 0.0  # firms
    devices: Number = 0.0  # million connected
    platform: Number = 0.3  # RMB bn, what is left of past spending on it
    cash: Number = 2.0  # RMB bn
    founders: Number = 0.0  # RMB bn that the partners' founders have earned so far
    buyers: Number = 0.0  # RMB bn that buyers have saved so far


class Flow(NamedTuple):
    """What flowed in a quarter, as yearly rates."""

    phones: Number  # million sold
    price: Number  # RMB
    fresh: Number  # million who became users
    lost: Number  # million users who left
    things: Number  # million devices sold
    phone_revenue: Number  # RMB bn
    device_revenue: Number  # RMB bn
    service_revenue: Number  # RMB bn
    gross: Number  # RMB bn of gross profit
    profit: Number  # RMB bn, after stores, platform and overhead
    reach: Number  # million people who could become users
    word: Number  # R1: share of new orders that word of mouth brings
    scale: Number  # R2: price less than the trade's for a like phone, share
    variety: Number  # range on offer, share of all thinkable
    bond: Number  # R3: devices, share of all phones and devices in use
    traffic: Number  # R4: share of the reach that stores add
    full: Number  # B1: share of the reach that has been won
    short: Number  # B2: share of what was asked for that could not be delivered
    rent: Number  # B3: cost of the stores, share of gross profit, 1 at most
    thin: Number  # B4: share of the next partner's variety that others offer already


LOOPS = {  # a field of Flow -> the loop's sign and name
    "word": "R1 Word of mouth",
    "scale": "R2 Scale, cost, price",
    "bond": "R3 Users, partners, range",
    "traffic": "R4 Store traffic",
    "full": "B1 Saturation",
    "short": "B2 Capacity",
    "rent": "B3 Rent",
    "thin": "B4 Reach of a network",
}


def least(a: Number, b: Number) -> Number:
    """The smaller of two numbers, one by one where they are arrays."""
    return a * (a <= b) + b * (a > b)


def most(a: Number, b: Number) -> Number:
    """The larger of two numbers, one by one where they are arrays."""
    return a * (a >= b) + b * (a < b)


def part(some: Number, whole: Number) -> Number:
    """Which share is `some` of `whole`? 0 where there is nothing."""
    return some / (whole + (whole == 0))


def filled(stock: Number, half: Number) -> Number:
    """How full is something of which `half` fills half? 0 to 1, ever slower."""
    return stock / (stock + half)


def wright(b: Number, growth: Number) -> Number:
    """By what factor does a unit cost fall when cumulative output grows by the share `growth`?

    Wright's (1936) law, (1 + g)^-b, by its Pade approximant of order 1 over 1; within 1% for a
    doubling and 4% for a tripling as long as b is at most 0.4.
    """
    return (2 + (1 - b) * growth) / (2 + (1 + b) * growth)


def worth(firm: Firm, stake: Number) -> Number:
    """What is a partner worth, of which the firm holds `stake`? `equity.value` without risk."""
    keeps = 1 - stake
    own = firm.founder * firm.founder * (keeps - keeps * keeps / 2)
    return own + firm.help * firm.help * (stake - stake * stake / 2)


def won(firm: Firm, price: Number, rival: Number) -> Number:
    """Which share of those reached would take the firm's phone at these prices? Luce (1959).

    Each phone's attraction is its price to the power of -`steep`; the share's elasticity in the
    firm's own price is -`steep` times one less the share.
    """
    ratio = price / rival
    cube = ratio * ratio * ratio
    return 1 / (1 + cube * (firm.steep == 3) + cube * cube * (firm.steep == 6))


def start(firm: Firm) -> State:
    """The firm at the beginning of 2011: a few hundred thousand fans and no phone."""
    return State(unit=firm.cost, asked=firm.cost, rival=firm.trade * firm.cost)


def reached(firm: Firm, state: State, variety: Number) -> tuple[Number, Number, Number]:
    """How many people could be won online, through stores and abroad? Million each."""
    pull = state.stores * (1 + firm.portfolio * variety)
    years = most(state.year - firm.entry, 0.0)
    abroad = firm.abroad * filled(years * years, firm.half_abroad * firm.half_abroad)
    return firm.online, firm.street * filled(pull, firm.half_stores), abroad


def step(state: State, decision: Decision, firm: Firm, luck: Number = 0.0) -> tuple[State, Flow]:
    """One quarter of the firm: where it stands afterwards, and what flowed.

    `luck` is by which share orders exceed what is expected. Cash limits what is opened and bought.
    """
    users, devices = state.users, state.devices
    # the range on offer, and what it is worth (R3, B4)
    variety = filled(state.partners, firm.half_partners)
    variety = variety * (worth(firm, decision.stake) / worth(firm, 0.2))
    online, street, abroad = reached(firm, state, variety)
    reach = online + street + abroad
    shown = firm.channels * filled(state.stores, firm.half_stores)

    # orders: Bass (1969) with a price in the potential, the casebook's own; word of mouth comes
    # from users, fans and those who wait (R1), until those reached are won (B1)
    price = state.unit / (1 - decision.margin)
    chosen = won(firm, state.asked, state.rival)
    heard = users + firm.fan_voice * state.fans + firm.wait_voice * state.waiting
    word = firm.imitation * heard / reach
    left = most(reach * chosen - users - state.waiting, 0.0) * (state.year >= firm.launch)
    orders = least((firm.innovation + word) * (1 + shown) * (1 + luck), 1 / QUARTER) * left
    owned = part(devices, users + devices)
    true = least((firm.loyalty + firm.in_home * owned) * 2 * chosen, 0.95)
    again = true * (users / firm.phone_life)

    # deliveries: those who come back first, the others wait (B2); who cannot pay gets no parts
    solvent = least(most(state.cash + firm.credit, 0.0) / firm.tight, 1.0)
    limit = state.capacity + (1 - firm.scarce) * (again + orders + state.waiting / QUARTER)
    limit = limit * solvent
    served = least(again, limit)
    asked = orders + state.waiting / QUARTER
    fresh = least(asked, limit - served)
    lost = users / firm.phone_life - served
    phones = served + fresh
    short = part(again + asked - phones, again + asked)

    # devices and services
    match = firm.design * variety * owned
    space = most(1 - devices / (firm.room * users + (users == 0)), 0.0)
    things = users * firm.buy * variety * (1 + match) * (1 + shown) * space
    home = 1 - (1 - firm.pays_abroad) * abroad / reach
    phone_revenue = phones * price / 1000
    device_revenue = things * firm.device_price / 1000
    service_revenue = (
        users * firm.service * filled(state.platform, firm.half_platform) * home / 1000
    )
    revenue = phone_revenue + device_revenue + service_revenue

    # money: what is earned, and what may be spent of it
    gross = (
        decision.margin * phone_revenue
        + firm.device_margin * device_revenue
        + firm.service_margin * service_revenue
    )
    rent = firm.store_cost * state.stores
    platform = solvent * decision.platform * (revenue + 1.0)  # a young firm spends before it earns
    earned = firm.partner_margin * (1 - firm.device_margin) * device_revenue
    spent = rent + platform + firm.overhead * revenue + firm.care * state.partners
    profit = gross - spent + decision.stake * earned
    applicants = firm.pool * (users + state.fans) * (1 - decision.stake)
    joined = least(decision.partners, applicants)
    bill = firm.ticket * decision.stake * joined + most(decision.stores, 0.0) * firm.store_cost
    funds = most(state.cash + firm.credit + profit * QUARTER, 0.0) / QUARTER
    share = part(funds, most(bill, funds))  # of what was wanted
    joined = joined * share
    opened = decision.stores * share - (1 - solvent) * state.stores
    opened = most(opened, -state.stores / QUARTER)

    made = phones * QUARTER
    wanted = most(again + asked, 1.0)
    unit = state.unit * wright(firm.learning, made / state.made) * (1 + firm.enrich * QUARTER)
    goal = least((firm.rival_cost * unit + price) / 2, firm.trade * unit)
    after = State(
        year=state.year + QUARTER,
        fans=state.fans + QUARTER * (firm.recruits * state.platform - state.fans / firm.fan_life),
        users=users + QUARTER * (fresh - lost),
        waiting=(state.waiting + QUARTER * (orders - fresh))
        * (1 - least(QUARTER / firm.patience, 1.0)),
        capacity=state.capacity + QUARTER * (wanted - state.capacity) / firm.capacity_lag,
        made=state.made + made,
        unit=unit,
        asked=state.asked + QUARTER * (price - state.asked) / firm.notice,
        rival=state.rival + QUARTER * (goal - state.rival) / firm.answer_lag,
        stores=state.stores + QUARTER * opened,
        partners=state.partners + QUARTER * (joined - (firm.leave + 1 - solvent) * state.partners),
        devices=devices + QUARTER * (things - devices / firm.device_life),
        platform=state.platform + QUARTER * (platform - state.platform / firm.platform_life),
        cash=state.cash + QUARTER * (profit - bill * share),
        founders=state.founders + QUARTER * (1 - decision.stake) * earned,
        buyers=state.buyers + QUARTER * phones * (firm.trade * state.unit - price) / 1000,
    )
    flow = Flow(
        phones=phones,
        price=price,
        fresh=fresh,
        lost=lost,
        things=things,
        phone_revenue=phone_revenue,
        device_revenue=device_revenue,
        service_revenue=service_revenue,
        gross=gross,
        profit=profit,
        reach=reach,
        word=word / (firm.innovation + word),
        scale=1 - price / (firm.trade * state.unit),
        variety=variety,
        bond=owned,
        traffic=street / reach,
        full=least(users / (reach * chosen), 1.0),
        short=short,
        rent=part(rent, most(gross, rent)),
        thin=filled(state.partners, firm.half_partners),
    )
    return after, flow


class Run(NamedTuple):
    """A whole run: the states before and after each quarter, and the flows in it."""

    states: tuple[State, ...]  # one more than the flows
    flows: tuple[Flow, ...]


def run(
    firm: Firm,
    decisions: Iterable[Decision],
    luck: Sequence[Number] = (),
    begin: State | None = None,
) -> Run:
    """The firm through years of decisions, four quarters to each; `luck` is for each quarter."""
    state = start(firm) if begin is None else begin
    states, flows = [state], list[Flow]()
    for decision in decisions:
        for _ in range(4):
            chance = luck[len(flows)] if luck else 0.0
            state, flow = step(state, decision, firm, chance)
            states.append(state)
            flows.append(flow)
    return Run(tuple(states), tuple(flows))


def mean(four: Sequence[Number]) -> Number:
    """The mean of four quarters, added from left to right (`sum` rounds as its Python likes)."""
    first, second, third, fourth = four
    return (first + second + third + fourth) / 4


def yearly(result: Run, name: str) -> list[Number]:
    """A flow's total in each year, or its mean where it is a price or a share."""
    values = [getattr(flow, name) for flow in result.flows]
    return [mean(values[at : at + 4]) for at in range(0, len(values), 4)]


def ends(result: Run, name: str) -> list[Number]:
    """A stock at the end of each year."""
    return [getattr(state, name) for state in result.states[4::4]]
