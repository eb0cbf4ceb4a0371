"""The peers' part of tests/bench_models.py: reads one job as JSON, prints timings and results.

    python peers_run.py JOB FOLDER

It runs in the peers' own environment and may write to FOLDER. Of the casebook it knows what the job
says, and for the firms as agents the one module that the job names.
All times are seconds of processor time.
"""

import importlib.util
import json
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

VENSIM = """\
{{UTF-8}}
People = {people} ~ people ~ |
Advertising = {advertising} ~ 1/year ~ |
Contacts = {contacts} ~ 1/year ~ |
Fraction = {fraction} ~ dmnl ~ |
Adoption = (Advertising + Contacts * Fraction * Adopters / People) * (People - Adopters)
    ~ people/year ~ |
Adopters = INTEG (Adoption, 0) ~ people ~ |
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = {end} ~ year ~ |
SAVEPER = {every} ~ year ~ |
TIME STEP = {step} ~ year ~ |
"""


def median(work: Callable[[], object], repeats: int) -> float:
    """The median time of `work`, after one run that does not count."""
    work()
    return statistics.median(clock(work)[0] for _ in range(repeats))


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long `work` takes, and what it returns."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


# --- Bass as stocks and flows ---


def by_pysd(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """PySD: the Vensim model is translated once, then run; only the adopters are kept."""
    import pysd

    source = folder / "bass.mdl"
    source.write_text(VENSIM.format(**job["town"], end=job["end"], every=job["every"],
                                    step=job["step"]))  # fmt: skip
    translation, model = clock(lambda: pysd.read_vensim(source))

    def run(**constants: float) -> list[float]:
        saved = model.run(params=constants, return_columns=["Adopters"])
        return [float(x) for x in saved["Adopters"]]

    path = run()
    seconds = median(run, job["repeats"])
    each = [clock(lambda x=x: run(fraction=x)) for x in job["sweep"]]
    return {
        "translation": translation,
        "run": seconds,
        "path": path,
        "setting": statistics.median(took for took, _ in each),
        "ends": [values[-1] for _, values in each],
    }


def by_bptk(job: dict[str, Any]) -> dict[str, Any]:
    """BPTK-Py: its Python and its compiled backend, and the latter's engine without the rest."""
    from BPTK_Py import Model, bptk
    from BPTK_Py._rust_engine import RustSdEngine

    model = Model(starttime=0.0, stoptime=float(job["end"]), dt=job["step"], name="bass")
    adopters, adoption = model.stock("adopters"), model.flow("adoption")
    given = {name: model.constant(name) for name in job["town"]}
    for name, constant in given.items():
        constant.equation = float(job["town"][name])
    people, contacts, fraction = given["people"], given["contacts"], given["fraction"]
    adopters.initial_value = 0.0
    adopters.equation = adoption
    adoption.equation = (given["advertising"] + contacts * fraction * adopters / people) * (
        people - adopters
    )
    host = bptk()
    host.register_model(model)
    saved = round(job["every"] / job["step"])

    def run(backend: str) -> list[float]:
        host.reset_scenario_cache(scenario_manager="smBass", scenario="base")
        frame = host.run_scenarios(["base"], ["smBass"], equations=["adopters"], backend=backend)
        return [float(x) for x in frame["adopters"].iloc[::saved]]

    engine = RustSdEngine().load_model(model.to_json())

    def bare(fraction: float = job["town"]["fraction"]) -> list[float]:
        engine.set_constant("fraction", fraction)
        values = engine.simulate(["adopters"])["adopters"]
        return [values[at] for at in sorted(values, key=float)[::saved]]

    ways = {"python": lambda: run("python"), "rust": lambda: run("rust"), "engine": bare}
    found: dict[str, Any] = {
        name: {"run": median(way, job["repeats"]), "path": way()} for name, way in ways.items()
    }
    each = [clock(lambda x=x: bare(x)) for x in job["sweep"]]
    found["setting"] = statistics.median(took for took, _ in each)
    found["ends"] = [values[-1] for _, values in each]
    return found


# --- word of mouth among agents ---


def by_mesa(job: dict[str, Any]) -> dict[str, Any]:
    """Mesa: a person is an agent with a list of friends, which is faster than Mesa's own spaces.

    Who decides in a period is counted at its end, so that the order of the agents is of no
    consequence and `do` serves as well as the slower `shuffle_do`. Two ways of writing it: each
    asks all friends in each period, as in Mesa's examples, or adopters tell their friends once.
    """
    from mesa import Agent, Model

    class Person(Agent):
        def __init__(self, model: Model) -> None:
            super().__init__(model)
            self.has = False
            self.heard = 0
            self.friends: list[Person] = []

        def ask(self) -> None:
            if not self.has:
                self.decide(sum(friend.has for friend in self.friends))

        def listen(self) -> None:
            if not self.has:
                self.decide(self.heard)

        def decide(self, heard: int) -> None:
            town = self.model
            if town.random.random() < -math.expm1(-(town.p + town.tie * heard)):
                town.new.append(self)

    class Town(Model):
        def __init__(self, tells: bool, seed: int) -> None:
            super().__init__(seed=seed)
            ties = sum(map(len, job["friends"]))
            self.p, self.tie = job["p"], job["q"] * len(job["friends"]) / ties
            self.tells = tells
            self.count = [0]
            people = [Person(self) for _ in job["friends"]]
            for person, known in zip(people, job["friends"], strict=True):
                person.friends = [people[i] for i in known]

        def step(self) -> None:
            self.new: list[Person] = []
            self.agents.do("listen" if self.tells else "ask")
            for person in self.new:
                person.has = True
                if self.tells:
                    for friend in person.friends:
                        friend.heard += 1
            self.count.append(self.count[-1] + len(self.new))

        def walk(self) -> list[int]:
            for _ in range(job["periods"]):
                self.step()
            return self.count

    found: dict[str, Any] = {}
    for name, tells, runs in (("ask", False, job["repeats"]), ("tell", True, job["runs"])):
        Town(tells, 0).walk()
        each = [clock(Town(tells, seed).walk) for seed in range(1, runs + 1)]
        found[name] = {
            "run": statistics.median(took for took, _ in each),
            "counts": [count for _, count in each],
        }
    return found


# --- firms as agents ---


def by_mesa_firms(job: dict[str, Any]) -> dict[str, Any]:
    """Mesa: each firm is an agent that takes a quarter's step of the casebook's own engine."""
    from mesa import Agent, Model

    spec = importlib.util.spec_from_file_location("firm", job["module"])
    engine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine)
    decisions = [engine.Decision(*one) for one in job["decisions"]]

    class Firm(Agent):
        def __init__(self, model: Model, parameters: list[float]) -> None:
            super().__init__(model)
            self.firm = engine.Firm(*parameters)
            self.state = engine.start(self.firm)

        def quarter(self) -> None:
            self.state, _flow = engine.step(self.state, self.model.decision, self.firm)

    class Market(Model):
        def __init__(self) -> None:
            super().__init__(seed=0)
            self.firms = [Firm(self, one) for one in job["firms"]]

        def walk(self) -> list[float]:
            for decision in decisions:
                self.decision = decision
                for _ in range(4):
                    self.agents.do("quarter")
            return [one.state.cash for one in self.firms]

    cash = Market().walk()
    each = [clock(Market().walk) for _ in range(job["repeats"])]
    return {"run": statistics.median(took for took, _ in each), "cash": cash}


def main() -> None:
    warnings.simplefilter("ignore")
    job, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    found = {
        "pysd": by_pysd(job["bass"], folder),
        "bptk": by_bptk(job["bass"]),
        "mesa": by_mesa(job["talk"]),
        "firms": by_mesa_firms(job["firms"]),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
