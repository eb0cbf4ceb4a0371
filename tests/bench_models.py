"""Speed of the models, each figure beside its peer's from the same run, and whether both agree.

    python -m tests.bench_models

With FULL=1 the crowd of firms grows to 10^8, which takes some 15 minutes more.

The peers are PySD and BPTK-Py (stocks and flows) and Mesa (agents), in an environment of their own
under `_build` (versions in `bench/peers.txt`); what they do stands in `bench/peers_run.py`. Times
are medians, after a warm-up, of the processor time of one process, which other work on the machine
lengthens less than it does the time on the clock. Ends with 1 if results disagree; the aims for
speed are only printed.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coalescence import data
from coalescence.models import customers, firm_fit, in_home, uncertainty
from coalescence.models import firm as engine
from coalescence.models.uncertainty import Study

HERE = Path(__file__).parent
PEERS = HERE.parent / "_build" / "peers"
AIM = "100 or more"

TOWN = customers.Town()  # Sterman's model with AnyLogic's parameters
END, EVERY, STEP = 8, 0.25, 0.01  # years; kept are the quarters
SETTINGS = np.linspace(0.005, 0.025, 1001)  # of `fraction`, the sweep
SAMPLE = slice(0, None, 50)  # of them, for the peers

PEOPLE, FRIENDS, PERIODS = 10_000, 8, 60  # months
P, Q = 0.03 / 12, 0.38 / 12
RUNS = 20  # for the mean

QUARTERS = 20  # in a home's life
HOME = in_home.Home(spread=1.0)

LOOP = 200  # firms run one after the other, and scaled
CROWDS = [10**4, 10**5, 10**6, 10**7] + [10**8] * bool(os.environ.get("FULL"))
FLAT = 1.5  # cost and memory of the largest crowd, at most so many times the smallest's


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: float
    peer: float | None = None
    unit: str = "ms"
    aim: str = ""


def show(title: str, rows: list[Row], notes: list[str]) -> None:
    """Print one part of the table."""
    print(f"\n{title:<56}{'ours':>10}{'peer':>10}{'faster':>9}  {'unit':<10}aim")
    for what, ours, peer, unit, aim in rows:
        beside = " " * 19 if peer is None else f"{peer:>10.3g}{_times(peer / ours):>9}"
        print(f"  {what:<54}{ours:>10.3g}{beside}  {unit:<10}{aim}".rstrip())
    for note in notes:
        print(f"  * {note}")
    sys.stdout.flush()


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} x" if ratio >= 10 else f"{ratio:.2g} x"


def median(work: Callable[[], object], repeats: int) -> float:
    """The median time of `work` in seconds, after one run that does not count."""
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times[1:])


class Verdict:
    """Which results agree; says so, and remembers the others."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def __call__(self, what: str, gap: float, limit: float, unit: str = "") -> str:
        good = gap <= limit  # not a number is no agreement
        if not good:
            self.wrong.append(what)
        return f"{what}: {gap:.2g}{unit}, {'at most' if good else 'MORE THAN'} {limit:g}{unit}"


# --- the peers ---


def environment() -> Path:
    """The Python of the peers' environment, made anew when the versions change."""
    wanted = (HERE / "bench" / "peers.txt").read_text() + sys.version
    python, stamp = PEERS / "bin" / "python", PEERS / "made"
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("Installing the peers, once ...", flush=True)
        requirements = ["--require-hashes", "-r", str(HERE / "bench" / "peers.txt")]
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        call([sys.executable, "-m", "venv", "--clear", str(PEERS)])
        call([*pip, *requirements])
        stamp.write_text(wanted)
    return python


def call(command: list[str], **options: Any) -> str:
    """What a command prints; RuntimeError with its complaint if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Run the peers on `job`."""
    python = environment()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps(job))
        script = str(HERE / "bench" / "peers_run.py")
        printed = call([str(python), script, str(file), folder], cwd=folder)
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


# --- the three parts ---


def gap(ours: Any, theirs: Any) -> float:
    """The largest relative difference; where ours is 0 theirs must be as well."""
    a, b = np.asarray(ours, float), np.asarray(theirs, float)
    return float(np.max(np.abs(a - b) / np.where(a == 0, 1e-300, np.abs(a))))


def bass(peers: dict[str, Any], agree: Verdict) -> None:
    """Sterman's Bass model: 800 steps of Euler's method, its exact answer, and many settings."""
    pysd, bptk = peers["pysd"], peers["bptk"]
    quarters = np.arange(0, END + EVERY, EVERY)
    walked, exact = customers.adopters(TOWN, quarters, STEP), customers.adopters(TOWN, quarters)

    def sweep() -> Any:
        a, m, q = TOWN.advertising, TOWN.people, TOWN.contacts * SETTINGS
        start = np.zeros(len(SETTINGS))
        return customers.euler(lambda n: (a + q * n / m) * (m - n), start, quarters, STEP)

    euler = 1e3 * median(lambda: customers.adopters(TOWN, quarters, STEP), 25)
    closed = 1e3 * median(repeated(lambda: customers.adopters(TOWN, quarters), 100), 25) / 100
    setting = 1e3 * median(sweep, 9) / len(SETTINGS)
    ends = sweep()[-1][SAMPLE]
    rust = 1e3 * bptk["rust"]["run"]
    rows = [
        Row("one run; PySD", euler, 1e3 * pysd["run"], aim=AIM),
        Row("one run; BPTK-Py", euler, 1e3 * bptk["python"]["run"]),
        Row("one run; BPTK-Py, compiled backend", euler, rust),
        Row("one run; BPTK-Py, its compiled engine alone", euler, 1e3 * bptk["engine"]["run"]),
        Row("one run in closed form; PySD", closed, 1e3 * pysd["run"], aim=AIM),
        Row("one run in closed form; BPTK-Py, compiled backend", closed, rust),
        Row(f"each of {len(SETTINGS):,} settings; PySD", setting, 1e3 * pysd["setting"], aim=AIM),
        Row(f"each of {len(SETTINGS):,} settings; BPTK-Py, engine alone", setting,
            1e3 * bptk["setting"]),
    ]  # fmt: skip
    file = pd.read_csv(HERE / "checks" / "bass_sterman_anylogic.csv")
    euler_error = np.max(np.abs(walked[1:] / exact[1:] - 1))
    checks = {
        "PySD": (walked, pysd["path"]),
        "BPTK-Py": (walked, bptk["python"]["path"]),
        "BPTK-Py, compiled backend": (walked, bptk["rust"]["path"]),
        "BPTK-Py, engine alone": (walked, bptk["engine"]["path"]),
        "PySD, other settings": (ends, pysd["ends"]),
        "BPTK-Py, other settings": (ends, bptk["ends"]),
        "checks/bass_sterman_anylogic.csv, Euler": (file["adopters_euler_dt0.01"], walked),
        "checks/bass_sterman_anylogic.csv, exact": (file["adopters_exact"], exact),
    }
    notes = [
        f"PySD's translation of the model, once, is not in its runs: {pysd['translation']:.2g} s",
        f"The closed form has no step; that of Euler costs up to {euler_error:.1%}",
        *(agree(f"Differs from {who}", gap(*pair), 1e-6) for who, pair in checks.items()),
    ]
    steps = round(END / STEP)
    show(f"1. Bass as stocks and flows, {steps} steps of {STEP:g} years", rows, notes)


def repeated(work: Callable[[], object], times: int) -> Callable[[], None]:
    """The same, several times over: for what is too short for the clock."""

    def all_of_it() -> None:
        for _ in range(times):
            work()

    return all_of_it


def talk(peers: dict[str, Any], agree: Verdict) -> None:
    """Word of mouth along one network, the same for both."""
    known = customers.friendships("random", PEOPLE, FRIENDS)
    ours = 1e3 * median(lambda: customers.contagion(known, P, Q, PERIODS), 15)
    ask, tell = peers["mesa"]["ask"], peers["mesa"]["tell"]
    rows = [
        Row("one run; Mesa, each asks the friends", ours, 1e3 * ask["run"], aim=AIM),
        Row("one run; Mesa, adopters tell the friends", ours, 1e3 * tell["run"], aim=AIM),
    ]
    paths = PEOPLE * customers.contagion(known, P, Q, PERIODS, runs=2 * RUNS, seed=1)
    counts = np.array(tell["counts"], float).T
    notes = []
    for period in (PERIODS // 2, PERIODS):
        (a, s), (b, z) = mean(paths[period]), mean(counts[period])
        notes.append(
            f"Informed after {period} periods, mean and standard error: "
            f"{a:,.0f} +- {s:.0f} ({paths.shape[1]} runs), Mesa {b:,.0f} +- {z:.0f} ({RUNS} runs)"
        )
        what = f"Difference after {period} periods"
        notes.append(agree(what, abs(a - b) / math.hypot(s, z), 4, " standard errors"))
    same = np.not_equal(ask["counts"], tell["counts"][: len(ask["counts"])]).sum()
    notes.append(agree("Mesa's two ways, counts that differ", float(same), 0))
    title = f"2. Word of mouth, {PEOPLE:,} agents, {PERIODS} periods"
    show(title, rows, notes)


def mean(values: Any) -> tuple[float, float]:
    """Mean and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values)))


def households(agree: Verdict) -> None:
    """Homes and their devices: the cost of one home, and the mean against the exact chain."""
    shares = in_home.devices(HOME, QUARTERS)
    exact = float(shares @ np.arange(len(shares)))
    rows, notes, first = [], [], None
    for homes in (10_000, 100_000, 1_000_000):
        repeats = max(3, 300_000 // homes)
        seconds = median(lambda n=homes: in_home.simulate(HOME, n, QUARTERS), repeats)
        cost = 1e9 * seconds / homes
        first = first or cost
        rows.append(Row(f"{homes:,} homes; peer: 10,000 homes", cost, first, "ns a home"))
        average, error = mean(in_home.simulate(HOME, homes, QUARTERS, seed=1))
        notes.append(
            f"Devices in {homes:,} homes, mean and standard error: "
            f"{average:.4f} +- {error:.4f}, exact {exact:.4f}"
        )
        what = f"Difference in {homes:,} homes"
        notes.append(agree(what, abs(average - exact) / error, 4, " standard errors"))
    show(f"3. Devices in a home, {QUARTERS} quarters", rows, notes)


def study() -> Study:
    """The firm, its ranges and history's decisions."""
    table = data.table("firm")
    decisions = firm_fit.decided(data.table("company"), data.table("partners"))
    return Study(firm_fit.stored(table), uncertainty.ranges(table), tuple(decisions[:10]))


def crowd_of(firms: int) -> dict[str, float]:
    """Seconds and peak memory of a crowd, in a process of its own, and half its firms' cash."""
    code = (
        "import json, resource, sys, time; from coalescence.models import uncertainty as u;"
        "from tests.bench_models import study; s = study(); u.run(s, 10000);"
        "t = time.process_time(); c = u.run(s, int(sys.argv[1])); t = time.process_time() - t;"
        "m = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024;"
        "print(json.dumps({'seconds': t, 'memory': m, 'cash': c.quantile('cash', 0.5)}))"
    )
    found: dict[str, float] = json.loads(call([sys.executable, "-c", code, str(firms)]))
    return found


def sampled() -> tuple[Study, Any]:
    """A study, and the places in its ranges of the firms that are run one by one."""
    own = study()
    return own, uncertainty.units(uncertainty.Job(own, LOOP, 0, (2020,)), 0)


def singles() -> list[list[float]]:
    """The parameters of these firms, a list for each."""
    own, unit = sampled()
    fields = [np.broadcast_to(field, LOOP) for field in uncertainty.drawn(own, unit)]
    return np.array(fields, float).T.tolist()


def firms(peers: dict[str, Any], agree: Verdict) -> None:
    """The whole firm's ten years: a crowd by arrays, in a loop, and as Mesa's agents."""
    mesa = peers["firms"]
    own, unit = sampled()
    parameters = singles()

    def loop() -> list[float]:
        runs = (engine.run(engine.Firm(*one), own.decisions) for one in parameters)
        return [run.states[-1].cash for run in runs]

    one_by_one = 1e6 * median(loop, 3) / LOOP
    found = {count: crowd_of(count) for count in CROWDS}
    cost = {count: 1e6 * one["seconds"] / count for count, one in found.items()}
    million, first = cost[10**6], cost[CROWDS[0]]
    rows = [
        Row(f"each of 1,000,000; {LOOP} in a loop, scaled", million, one_by_one, "us a firm", AIM),
        Row(f"each of 1,000,000; {LOOP} as Mesa's agents, scaled", million,
            1e6 * mesa["run"] / LOOP, "us a firm", AIM),
        *(Row(f"each of {count:,}; peer: {CROWDS[0]:,} firms", cost[count], first, "us a firm",
              "1, flat") for count in CROWDS[1:]),
    ]  # fmt: skip
    memory = ", ".join(f"{count:,}: {one['memory']:.0f} MB" for count, one in found.items())
    arrays = uncertainty.answer(own, "cash")(unit)
    largest = CROWDS[-1]
    notes = [
        f"Peak memory of the process by firms: {memory}",
        agree(f"Cost of a firm, {largest:,} over {CROWDS[0]:,}", cost[largest] / first, FLAT),
        agree(f"Memory, {largest:,} over {CROWDS[0]:,}",
              found[largest]["memory"] / found[CROWDS[0]]["memory"], FLAT),
        agree("Cash by arrays and in the loop", gap(loop(), arrays), 0),
        agree("Cash by arrays and by Mesa", gap(mesa["cash"], arrays), 1e-12),
    ]  # fmt: skip
    show("4. The whole firm, 40 quarters", rows, notes)


def main() -> None:
    """Measure, print, and end with 1 if anything disagrees."""
    busy = f"{os.cpu_count()} processors, {os.getloadavg()[0]:.1f} processes busy on them"
    known = customers.friendships("random", PEOPLE, FRIENDS)
    friends = np.split(known.indices, known.indptr[1:-1])
    sample = SETTINGS[SAMPLE].tolist()
    found = measure({
        "bass": {"town": TOWN._asdict(), "end": END, "every": EVERY, "step": STEP,
                 "sweep": sample, "repeats": 9},
        "talk": {"friends": [one.tolist() for one in friends], "p": P, "q": Q,
                 "periods": PERIODS, "runs": RUNS, "repeats": 5},
        "firms": {"module": engine.__file__, "firms": singles(),
                  "decisions": study().decisions, "repeats": 3},
    })  # fmt: skip
    agree = Verdict()
    print(f"{busy} at the start, {os.getloadavg()[0]:.1f} when the peers were through")
    bass(found, agree)
    talk(found, agree)
    households(agree)
    firms(found, agree)
    if agree.wrong:
        sys.exit(f"\nResults disagree: {'; '.join(agree.wrong)}")


if __name__ == "__main__":
    main()
