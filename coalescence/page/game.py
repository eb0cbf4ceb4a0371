"""The page face of the flight simulator: all its parts, written when the book is built.

The page script fills them in; the engine's own Python runs in a worker (`flight-worker.mjs`).
"""

import gzip
import hashlib
import json
import shutil
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from coalescence.game import HEADS, TITLE, WORDS, shipped
from coalescence.models import flight

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PYODIDE = ROOT / "vendor" / "node_modules" / "pyodide"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip",
        "pyodide-lock.json")  # fmt: skip
ENGINE = ("coalescence/models/firm.py", "coalescence/models/flight.py")
WORKER = "flight-worker.mjs"
STYLE = """
.cb-flight svg text { font: 11.5px Arial, "Liberation Sans", sans-serif; fill: var(--cb-ink); }
.cb-grid { stroke: var(--cb-line); }
.cb-flight polyline { fill: none; stroke-width: 2; }
.cb-line-you { stroke: var(--cb-blue); fill: var(--cb-blue); }
.cb-line-own { stroke: var(--cb-orange); stroke-dasharray: 7 4; }
.cb-line-earlier { stroke: var(--cb-muted); stroke-dasharray: 2 3; }
.cb-key { display: flex; flex-wrap: wrap; gap: 0 1.1rem; font-size: .85rem; }
.cb-key span::before { content: ""; display: inline-block; width: 2rem; margin-right: .35rem;
  vertical-align: middle; border-top: 3px solid var(--cb-blue); }
.cb-key .cb-own::before { border-top: 2px dashed var(--cb-orange); }
.cb-key .cb-earlier::before { border-top: 2px dotted var(--cb-muted); }
.cb-loops rect { fill: var(--cb-paper); stroke: var(--cb-line); }
.cb-loops circle { fill: none; stroke: var(--cb-muted); }
.cb-loops path { fill: none; stroke: var(--cb-line); stroke-width: 1.3;
  marker-end: url(#flight-arrow); }
.cb-loops marker path { fill: var(--cb-muted); stroke: none; marker: none; }
.cb-loops .cb-bar { fill: var(--cb-muted); stroke: none; }
.cb-loops .cb-lit > :is(path, rect) { stroke: var(--cb-blue); stroke-width: 2.2; }
.cb-loops .cb-lit > .cb-bar { fill: var(--cb-blue); stroke: none; }
.cb-flight svg .cb-lit text { font-weight: 700; }
"""  # of the drawings, which no other page has
MARK = 'class="cb-flight"'  # what a page with the game has in it


def fetched(name: str) -> Path:
    """A file of Pyodide, which is fetched with the other third-party scripts."""
    path = PYODIDE / name
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is not there: remove {PYODIDE.parent.parent} and build again (make html), "
            "which fetches it"
        )
    return path


@cache
def core() -> str:
    """The folder of Python's core in the site; it changes with the version, for caches' sake."""
    return f"pyodide-{json.loads(fetched('package.json').read_text())['version']}"


@cache
def edition() -> str:
    """A sign of the engine's and the worker's text, for caches' sake."""
    files = [*(ROOT / name for name in ENGINE), HERE / WORKER]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


@cache
def sizes() -> tuple[int, int]:
    """Bytes that a start loads: unpacked, and as a host sends them that compresses."""
    bodies = [fetched(name).read_bytes() for name in CORE]
    bodies += [(ROOT / name).read_bytes() for name in ENGINE]
    return sum(map(len, bodies)), sum(len(gzip.compress(body, 6)) for body in bodies)


def counted() -> int:
    """Bytes of the core that the worker counts as they arrive: all but the modules it imports."""
    return sum(fetched(name).stat().st_size for name in CORE if not name.endswith(".mjs"))


def carry(static: Path) -> None:
    """Put Python's core and the engine beside the pages' scripts."""
    pairs = [(fetched(name), static / core() / name) for name in CORE]
    pairs += [(ROOT / name, static / "python" / name) for name in ENGINE]
    for source, target in pairs:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def bundle(desk: flight.Desk, builder: str) -> dict[str, Any]:
    """What a cell that ends in the game shows in the built book."""
    if builder != "html":
        return {"text/plain": f"{TITLE}: to be played in the book's pages or in a notebook."}
    return {"text/html": html(desk), "text/plain": TITLE}


def html(desk: flight.Desk) -> str:
    """The game before any script runs: what it is, and its other parts hidden."""
    whole, packed = sizes()
    sent = {
        "words": WORDS, "heads": HEADS, "figures": flight.FIGURES, "charted": flight.CHARTED,
        "guessed": flight.GUESSED, "years": flight.YEARS, "prompts": flight.PROMPTS,
        "levers": {name: [*lever, *flight.LIMITS[name]] for name, lever in flight.LEVERS.items()},
        "scenes": [scene._asdict() for scene in desk.scenes.values()],
        "core": core(), "worker": f"{WORKER}?{edition()}", "total": counted(),
        "files": {name: f"python/{name}?{edition()}" for name in ENGINE},
    }  # fmt: skip
    parts = {
        "size": f"{packed / 1e6:.1f} MB",
        "whole": f"{whole / 1e6:.1f} MB",
        "data": _json(json.dumps(sent, ensure_ascii=False, separators=(",", ":"))),
        "desk": _json(shipped(desk)),
    }
    return PAGE.format(
        **parts,
        **{f"w_{name}": escape(words) for name, words in WORDS.items()},
        title=escape(TITLE),
        asked="".join(
            f"<li><strong>{escape(lever.label)}</strong> ({escape(lever.unit)}). "
            f"{escape(lever.help)}</li>"
            for lever in flight.LEVERS.values()
        ),
        scored=escape("; ".join(f"{a.lower()} ({b})" for a, b in flight.SCORES.values())),
        options="".join(
            f'<option value="{escape(scene.name)}">{escape(scene.title)}</option>'
            for scene in desk.scenes.values()
        ),
        levers="".join(_lever(name, lever) for name, lever in flight.LEVERS.items()),
        guesses="".join(_guess(name) for name in flight.GUESSED),
        charts="".join(_chart(name) for name in flight.CHARTED),
        loops=_loops(),
        prompts="".join(f"<li>{escape(text)}</li>" for text in flight.PROMPTS),
    )


def _json(text: str) -> str:
    return text.replace("<", "\\u003c")  # so that no text can end the script


def _lever(name: str, lever: flight.Lever) -> str:
    low, high, step = flight.LIMITS[name]
    at = f"flight-{name}"
    return (
        f'<div class="cb-control"><label for="{at}">{escape(lever.label)} '
        f"({escape(lever.unit)})</label>"
        f'<span class="cb-basis" data-fixed="{name}" hidden>{escape(WORDS["fixed"])}</span>'
        f'<input type="range" id="{at}" name="{name}" min="{low:g}" max="{high:g}" step="{step:g}"'
        f' value="0" aria-describedby="{at}-help"><output for="{at}" aria-live="off">'
        "</output>"
        f'<small id="{at}-help">{escape(lever.help)}</small></div>'
    )


def _guess(name: str) -> str:
    figure, at = flight.FIGURES[name], f"flight-guess-{name}"
    return (
        f'<div class="cb-control"><label for="{at}">{escape(figure.label)} '
        f"({escape(figure.unit)})</label>"
        f'<input type="number" id="{at}" name="guess-{name}" step="any" min="-100000" max="100000"'
        f' required inputmode="decimal"></div>'
    )


def _chart(name: str) -> str:
    figure = flight.FIGURES[name]
    return (
        f"<figure><figcaption>{escape(figure.label)}, {escape(figure.unit)}</figcaption>"
        f'<svg viewBox="0 0 300 150" role="img" data-chart="{name}"></svg></figure>'
    )


def _loops() -> str:
    """The loop diagram: drivers on the left, brakes on the right, growth between them."""
    drawn = []
    for i, loop in enumerate(flight.LOOPS.values()):
        y, side = 27 + 56 * (i % 4), 1 if i < 4 else -1  # the left half; the right mirrors it
        box, edge, rim = (4 if side > 0 else 234), 182 - side * 52, 182 - side * 30
        hub = 111 + (y - 111) / 6
        drawn.append(
            f'<g data-loop="{loop.code}"><path d="M{edge} {y - 7}Q{rim} {y - 9} {rim} {hub - 4}"/>'
            f'<path d="M{rim} {hub + 4}Q{edge + side * 8} {(y + hub) / 2 + 10} {edge} {y + 8}"/>'
            f'<rect x="{box}" y="{y - 23}" width="126" height="46" rx="5"/>'
            f'<rect class="cb-bar" x="{box + 7}" y="{y + 12}" width="0" height="5"/>'
            f'<text x="{box + 7}" y="{y - 7}">{loop.code} <tspan class="cb-on"></tspan></text>'
            f'<text x="{box + 7}" y="{y + 6}">{escape(loop.name)}</text></g>'
        )
    return (
        '<svg class="cb-loops" viewBox="0 0 364 222" role="img"'
        f' aria-label="{escape(WORDS["loops_help"])}">'
        f"<style>{STYLE}</style>"
        '<defs><marker id="flight-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z"/>'
        '</marker></defs><circle cx="182" cy="111" r="28"/>'
        f'<text x="182" y="115" text-anchor="middle">growth</text>{"".join(drawn)}</svg>'
    )


PAGE = """\
<div class="cb-flight" id="flight-deck" role="group" aria-labelledby="flight-title">
<p class="cb-title" id="flight-title">{title}</p>
<div data-part="idle">
<p>{w_intro}</p>
<ul>{asked}</ul>
<p>Scored at the end of 2020: {scored}.</p>
<p class="cb-note cb-off">{w_off}</p>
<p class="cb-keep" data-text="kept" hidden></p>
<div class="cb-buttons"><button type="button" class="cb-main"
 data-do="start" hidden><span
 data-text="start">{w_start}</span> ({size})</button></div>
<p><small>{w_size} {size} on the wire, {whole} where a server does not compress.</small></p>
</div>
<div data-part="wait" tabindex="-1" hidden>
<label for="flight-progress" data-text="wait">{w_starting}</label>
<progress id="flight-progress" max="100"></progress></div>
<p class="cb-note" role="alert" data-text="note" hidden></p>
<form data-part="setup" hidden>
<div class="cb-control"><label for="flight-scenario">{w_scenario}</label>
<select id="flight-scenario" name="scenario">{options}</select></div>
<dl><dt>{w_brief}</dt><dd data-text="brief"></dd><dt>{w_role}</dt><dd data-text="role"></dd>
<dt>{w_goal}</dt><dd data-text="goal"></dd></dl>
<div class="cb-pair"><div class="cb-control"><label for="flight-seed">{w_seed}</label>
<input type="number" id="flight-seed" name="seed" min="0" max="9007199254740991" step="1"
 required></div>
<div class="cb-control"><label for="flight-player">{w_player}</label>
<input type="text" id="flight-player" name="player" maxlength="80" autocomplete="off"></div></div>
<div class="cb-buttons"><button type="submit" class="cb-main">{w_begin}</button></div>
</form>
<div data-part="play" hidden>
<p class="cb-basis" data-text="playing"></p>
<div data-part="report" hidden>
<h3 data-text="report" tabindex="-1"></h3>
<p data-text="sentence"></p>
<p class="cb-note" data-text="warning" hidden></p>
<div class="cb-table" data-table="against" tabindex="0" role="region"
 aria-label="Your prediction beside the result"></div>
<dl class="cb-figures"></dl>
<p class="cb-head">{w_loops}</p>
<div class="cb-pair">{loops}<ul data-list="loops"></ul></div>
<p class="cb-head">{w_years}</p>
<div class="cb-small">{charts}</div>
<p class="cb-key"><span class="cb-you">{w_you}</span><span class="cb-own">{w_own}</span><span
 class="cb-earlier" hidden>{w_earlier}</span></p>
<details class="cb-numbers"><summary>{w_facts}</summary><div class="cb-table" data-table="facts"
 tabindex="0" role="region" aria-label="{w_facts}"></div></details>
<details class="cb-numbers"><summary>{w_table}</summary><div class="cb-table" data-table="table"
 tabindex="0" role="region" aria-label="{w_table}"></div></details>
</div>
<form data-part="round">
<fieldset class="cb-round">
<legend data-text="decide" tabindex="-1"></legend>
<div class="cb-levers">{levers}</div>
<p class="cb-head" data-text="predict"></p>
<div class="cb-pair">{guesses}</div>
<div class="cb-buttons"><button type="submit" class="cb-main" data-text="run"></button></div>
</fieldset>
</form>
<div data-part="end" hidden>
<h3>{w_end}</h3>
<div class="cb-table" data-table="scores" tabindex="0" role="region" aria-label="Scores"></div>
<h3>{w_debrief}</h3>
<ul data-list="words"></ul>
<p>{w_debrief_help}</p>
<div class="cb-table" data-table="debrief" tabindex="0" role="region"
 aria-label="{w_debrief}"></div>
<h3>{w_reflect}</h3>
<ul>{prompts}</ul>
</div>
<p class="cb-hidden" role="status" data-text="status"></p>
</div>
<details data-part="more" hidden><summary>{w_more}</summary>
<dl data-part="story"><dt>{w_brief}</dt><dd data-text="brief"></dd><dt>{w_role}</dt>
<dd data-text="role"></dd><dt>{w_goal}</dt><dd data-text="goal"></dd></dl>
<div class="cb-buttons" data-part="saves"><button type="button" data-do="export">{w_export}</button>
<button type="button" data-do="again">{w_again}</button>
<button type="button" data-do="luck">{w_luck}</button>
<button type="button" data-do="other">{w_other}</button></div>
<p><label for="flight-log">{w_open_log} (.json)</label>
<input type="file" id="flight-log" accept=".json,application/json" data-file="log"></p>
<p><label for="flight-own">{w_open_scenario} (.json)</label>
<input type="file" id="flight-own" accept=".json,application/json" data-file="scenario"></p>
</details>
<script type="application/json" data-flight="page">{data}</script>
<script type="application/json" data-flight="desk">{desk}</script>
</div>"""
