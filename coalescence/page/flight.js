/* The page's part of the flight simulator. The engine is Python (models/flight.py), run in a worker
   that is started by the reader; here its answers are put on the page and the reader's decisions
   are collected. Every text is set as text, whatever it holds. */
(() => {
  "use strict";
  const base = new URL("./", document.currentScript.src).href;
  const LARGEST = 1e6; // bytes of a file that is opened
  const KEPT = 5; // earlier runs

  const made = (tag, text = "", options = {}) =>
    Object.assign(document.createElement(tag), { textContent: text, ...options });
  const drawn = (tag, attributes, text = "") => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.textContent = text;
    return node;
  };
  const filled = (words, gaps) => words.replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
  const places = (step) => (String(step).split(".")[1] ?? "").length;

  /* ---- what this browser keeps ---- */
  const key = (name) => `${location.pathname}#flight.${name}`;
  const keep = {
    works: document.documentElement.dataset.keeps !== "nothing",
    get(name) {
      try {
        return localStorage.getItem(key(name));
      } catch {
        this.works = false;
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) localStorage.removeItem(key(name));
        else localStorage.setItem(key(name), text);
      } catch {
        this.works = false;
      }
    },
  };

  function modulesWork() {
    let asked = false;
    const options = { get type() { return (asked = true), "module"; } };
    try {
      new Worker(URL.createObjectURL(new Blob([""])), options).terminate();
    } catch {
      return false;
    }
    return asked;
  }

  class Flight {
    constructor(box) {
      this.box = box;
      const json = (name) => box.querySelector(`script[data-flight="${name}"]`).textContent;
      this.page = JSON.parse(json("page"));
      this.deskText = json("desk");
      this.words = this.page.words;
      this.scenes = new Map(this.page.scenes.map((scene) => [scene.name, scene]));
      this.waiting = new Map(); // number of a question -> what to do with its answer
      this.earlier = []; // finished runs, as {log, name}
      this.own = ""; // text of the teacher's scenario that is played, if any
      this.levers = [...box.querySelectorAll(".cb-levers input")];
      this.lookBack();
      const button = this.do("start");
      button.hidden = false;
      for (const one of box.querySelectorAll("[data-do]"))
        one.addEventListener("click", () => this.guard(() => this[one.dataset.do]()));
      for (const one of box.querySelectorAll("[data-file]"))
        one.addEventListener("change", () => this.guard(() => this.open(one)));
      for (const input of this.levers) input.addEventListener("input", () => this.tell(input));
      const { setup, round } = { setup: this.part("setup"), round: this.part("round") };
      setup.scenario.addEventListener("change", () => this.story(setup.scenario.value));
      for (const [form, work] of [[setup, "begin"], [round, "run"]])
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          this.guard(() => this[work]());
        });
    }

    part(name) { return this.box.querySelector(`[data-part="${name}"]`); }
    do(name) { return this.box.querySelector(`[data-do="${name}"]`); }
    show(...names) {
      for (const name of ["idle", "wait", "setup", "play", "more"])
        this.part(name).hidden = !names.includes(name);
    }
    text(name, text) {
      for (const place of this.box.querySelectorAll(`[data-text="${name}"]`)) {
        place.textContent = text;
        if (place.matches(".cb-note, .cb-keep")) place.hidden = !text;
      }
    }
    list(name, texts) {
      this.box.querySelector(`[data-list="${name}"]`)
        .replaceChildren(...texts.map((text) => made("li", text)));
    }
    table(name, rows, heads = this.page.heads[name]) {
      const table = made("table");
      const line = table.createTHead().insertRow();
      heads.forEach((text, i) =>
        line.append(made("th", text, { scope: "col", className: i ? "cb-number" : "" })));
      const body = table.createTBody();
      for (const [first, ...rest] of rows) {
        const row = body.insertRow();
        row.append(made("th", first, { scope: "row" }));
        for (const text of rest) row.append(made("td", text, { className: "cb-number" }));
      }
      this.box.querySelector(`[data-table="${name}"]`).replaceChildren(table);
    }

    // One thing at a time; what goes wrong is told beside it.
    async guard(work) {
      if (this.busy) return;
      this.busy = true;
      this.text("note", "");
      try {
        await work();
      } catch (error) {
        this.text("note", error.message.slice(0, 600));
      } finally {
        this.busy = false;
      }
    }

    /* ---- loading ---- */
    // Before Python is there: is a run kept, and what does it look like?
    lookBack() {
      const text = keep.get("run");
      if (text === null) return;
      try {
        const kept = JSON.parse(text);
        const { rounds } = JSON.parse(kept.log);
        if (typeof kept.own !== "string" || !(rounds.length <= this.page.years.length)) throw new Error("not a run");
        this.kept = { ...kept, text };
        const year = this.page.years[rounds.length];
        this.text("kept", filled(this.words.kept, { rounds: rounds.length }));
        this.text("start", year ? filled(this.words.go_on, { year }) : this.words.see);
      } catch (error) {
        this.setAside(text, error.message);
      }
    }

    setAside(text, why) {
      keep.set("broken", text);
      keep.set("run", null);
      this.kept = null;
      this.text("note", filled(this.words.lost, { why }).slice(0, 600));
    }

    async start() {
      this.show("wait");
      this.part("wait").focus({ preventScroll: true });
      this.box.scrollIntoView({ block: "nearest" }); // the panel became shorter
      const bar = this.part("wait").querySelector("progress");
      const total = this.page.total;
      this.come = (come) => {
        bar.value = Math.min(100, (100 * come) / total);
        const mb = (n) => (n / 1e6).toFixed(1);
        this.text("wait", come < total
          ? filled(this.words.waiting, { come: mb(come), total: mb(total) }) : this.words.starting);
      };
      try {
        if (location.protocol === "file:") throw new Error(this.words.file);
        if (!modulesWork()) throw new Error(this.words.old);
        const { core, files } = this.page;
        await this.ask("begin", { base, core, files, desk: this.deskText });
      } catch (error) {
        this.show("idle");
        this.do("start").focus();
        this.worker?.terminate();
        this.worker = null;
        const known = [this.words.file, this.words.old].includes(error.message);
        throw known ? error : new Error(filled(this.words.fail, { why: error.message }));
      }
      await this.remember();
    }

    // The worker's answer to one question.
    async ask(asked, given) {
      this.worker ??= this.employ();
      const id = (this.count = (this.count ?? 0) + 1);
      const answer = new Promise((done, fail) => this.waiting.set(id, { done, fail }));
      const plain = asked === "begin";
      this.worker.postMessage({ id, asked, given: plain ? given : JSON.stringify(given) });
      const found = await answer;
      if (plain) return null;
      const told = JSON.parse(found);
      if (told?.error) throw new Error(told.error);
      return told;
    }

    employ() {
      const worker = new Worker(new URL(this.page.worker, base), { type: "module" });
      worker.onmessage = ({ data: { id, found, fault, come } }) => {
        if (come) return this.come(come);
        const { done, fail } = this.waiting.get(id);
        this.waiting.delete(id);
        if (fault) fail(new Error(fault));
        else done(found);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        for (const { fail } of this.waiting.values()) fail(new Error(event.message || "its script did not load"));
        this.waiting.clear();
      };
      return worker;
    }

    // Take up the kept run where it was left, or let the reader choose a scenario.
    async remember() {
      let texts = [];
      try {
        texts = JSON.parse(keep.get("earlier") ?? "[]").filter((text) => typeof text === "string");
      } catch {
        keep.set("earlier", null);
      }
      const now = this.kept?.log; // a finished run that is open is no earlier one
      this.earlier = await this.ask("kept", { texts: texts.filter((text) => text !== now) });
      this.setup(this.page.scenes[0].name);
      if (!this.kept) return;
      try {
        if (this.kept.own) await this.take(this.kept.own);
        this.game = await this.ask("resumed", { text: this.kept.log });
      } catch (error) {
        this.setAside(this.kept.text, error.message);
        return;
      }
      await this.turn();
    }

    /* ---- choosing ---- */
    setup(name) {
      const form = this.part("setup");
      form.scenario.value = name;
      if (!form.seed.value) form.seed.value = this.seed();
      this.story(name);
      this.show("setup", "more");
      this.part("saves").hidden = this.part("story").hidden = true;
      form.scenario.focus();
    }

    seed() { return 1 + Math.floor(9999 * Math.random()); }

    story(name) {
      for (const part of ["brief", "role", "goal"]) this.text(part, this.scenes.get(name)[part]);
    }

    async begin() {
      const { scenario, seed, player } = this.part("setup");
      this.game = { scenario: scenario.value, seed: Number(seed.value), player: player.value.trim() };
      await this.again();
    }

    async again() {
      if (this.finished) this.earlier = await this.ask("kept", { texts: this.finished });
      Object.assign(this.game, { decisions: [], guesses: [] });
      await this.turn();
    }

    async luck() {
      this.game.seed = this.seed();
      await this.again();
    }

    other() {
      this.part("setup").seed.value = this.game.seed;
      this.setup(this.game.scenario);
    }

    /* ---- one round ---- */
    tell(input) {
      const [, unit, scale, , , , step] = this.page.levers[input.name];
      const number = (Number(input.value) * scale).toFixed(places(Number((step * scale).toPrecision(6))));
      input.nextElementSibling.textContent = unit.startsWith("%") ? `${number}%` : number;
      input.setAttribute("aria-valuetext", `${number}${unit.startsWith("%") ? "" : " "}${unit}`);
    }

    async run() {
      const form = this.part("round");
      const read = (names, prefix) =>
        Object.fromEntries(names.map((name) => [name, Number(form.elements[prefix + name].value)]));
      const decision = read(this.levers.map(({ name }) => name), "");
      const guess = read(this.page.guessed, "guess-");
      const before = { ...this.game };
      this.game.decisions = [...before.decisions, decision];
      this.game.guesses = [...before.guesses, guess];
      try {
        await this.turn();
      } catch (error) {
        this.game = before;
        throw error;
      }
    }

    // Ask where the game stands, keep it, and show it.
    async turn() {
      const { scenario, seed, decisions, guesses } = this.game;
      const state = await this.ask("turn", { ...this.game, earlier: this.earlier.map(({ log }) => log) });
      this.log = state.log;
      this.own = this.page.scenes.some(({ name }) => name === scenario) ? "" : this.ownText;
      keep.set("run", JSON.stringify({ log: state.log, own: this.own }));
      this.story(scenario);
      this.text("playing", filled(this.words.playing, { title: this.scenes.get(scenario).title, seed }));
      this.show("play", "more");
      this.part("saves").hidden = this.part("story").hidden = false;
      const report = this.part("report");
      report.hidden = !decisions.length;
      if (decisions.length) this.report(state);
      this.part("round").hidden = !state.year;
      if (state.year) this.offer(state);
      this.part("end").hidden = Boolean(state.year);
      if (!state.year) await this.end(state, scenario, seed, decisions);
      this.text("status", state.sentence ?? filled(this.words.decide, { year: state.year }));
      if (!keep.works) this.text("note", this.words.unkept);
      const first = this.box.querySelector(`[data-text="${guesses.length ? "report" : "decide"}"]`);
      first.focus({ preventScroll: true });
      first.scrollIntoView({ block: "start" });
    }

    report(state) {
      const year = this.page.years[this.game.decisions.length - 1];
      this.text("report", filled(this.words.report, { year }));
      this.text("sentence", state.sentence);
      this.text("warning", state.warning);
      this.table("against", state.against);
      this.box.querySelector(".cb-figures").replaceChildren(
        ...state.facts.map(([label, mine]) => {
          const pair = made("div");
          pair.append(made("dt", label), made("dd", mine));
          return pair;
        }));
      this.table("facts", state.facts);
      this.table("table", state.table);
      const on = state.loops.filter(({ active }) => active);
      this.list("loops", on.length ? on.map(({ code, words }) => `${code}: ${words}`) : [this.words.none]);
      for (const { code, share, active } of state.loops) {
        const group = this.box.querySelector(`[data-loop="${code}"]`);
        group.classList.toggle("cb-lit", active);
        group.querySelector(".cb-on").textContent = active ? "active" : "";
        group.querySelector(".cb-bar").setAttribute("width", 114 * Math.max(0, Math.min(1, share)));
      }
      this.box.querySelector(".cb-earlier").hidden = !this.earlier.length;
      for (const svg of this.box.querySelectorAll("[data-chart]")) this.chart(svg, state.lines);
    }

    offer({ year, decision }) {
      const form = this.part("round");
      for (const name of ["decide", "predict", "run"]) this.text(name, filled(this.words[name], { year }));
      const { fixed } = this.scenes.get(this.game.scenario);
      for (const input of this.levers) {
        input.value = decision[input.name];
        input.disabled = input.name in fixed;
        this.box.querySelector(`[data-fixed="${input.name}"]`).hidden = !input.disabled;
        this.tell(input);
      }
      for (const name of this.page.guessed) form.elements[`guess-${name}`].value = "";
    }

    /* ---- the end ---- */
    async end(state, scenario, seed, decisions) {
      const { words, rows } = await this.ask("debrief", { scenario, seed, decisions });
      this.list("words", words);
      this.table("debrief", rows);
      this.table("scores", state.scores, [...this.page.heads.scores, ...this.earlier.map(({ name }) => name)]);
      this.finished = [...this.earlier.map(({ log }) => log), state.log].slice(-KEPT);
      keep.set("earlier", JSON.stringify(this.finished));
    }

    /* ---- files ---- */
    export() {
      const link = made("a", "", {
        href: URL.createObjectURL(new Blob([this.log], { type: "application/json" })),
        download: `flight-${this.game.scenario}-${this.game.seed}.json`,
      });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }

    async open(input) {
      const [file] = input.files;
      if (!file) return;
      input.value = "";
      if (file.size > LARGEST) throw new Error(this.words.large);
      const text = await file.text();
      if (input.dataset.file === "scenario") return this.setup((await this.take(text)).name);
      this.game = await this.ask("resumed", { text });
      await this.turn();
    }

    // A teacher's scenario, checked by the engine, among the others.
    async take(text) {
      const scene = await this.ask("opened", { text });
      if (!this.scenes.has(scene.name))
        this.part("setup").scenario.append(made("option", scene.title, { value: scene.name }));
      this.scenes.set(scene.name, scene);
      this.ownText = text;
      return scene;
    }

    /* ---- a chart: this run, the firm's own, earlier ones ---- */
    chart(svg, lines) {
      const name = svg.dataset.chart;
      const { years } = this.page;
      const series = Object.entries(lines).map(([who, line]) => [who, line[name]]);
      const every = series.flatMap(([, values]) => values);
      const [low, high] = [Math.min(0, ...every), Math.max(1, ...every)];
      const rough = (high - low) / 3;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
      const bottom = Math.floor(low / step) * step;
      const top = Math.ceil(high / step) * step;
      const x = (i) => 46 + (236 * i) / (years.length - 1);
      const y = (value) => 126 - (116 * (value - bottom)) / (top - bottom);
      const parts = [];
      for (let value = bottom; value <= top + step / 2; value += step) {
        parts.push(drawn("line", { x1: 46, x2: 286, y1: y(value), y2: y(value), class: "cb-grid" }));
        parts.push(drawn("text", { x: 41, y: y(value) + 4, "text-anchor": "end" }, String(Number(value.toPrecision(6)))));
      }
      for (const i of [0, 3, 6, 9]) parts.push(drawn("text", { x: x(i), y: 144, "text-anchor": "middle" }, years[i]));
      for (const [who, values] of series.reverse()) {
        const kind = who.startsWith("earlier") ? "earlier" : who;
        const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
        parts.push(drawn("polyline", { points: points.join(" "), class: `cb-line-${kind}` }));
        if (kind === "you")
          for (const point of points) {
            const [cx, cy] = point.split(",");
            parts.push(drawn("circle", { cx, cy, r: 3.2, class: "cb-line-you" }));
          }
      }
      const { label, unit } = { label: this.page.figures[name][0], unit: this.page.figures[name][1] };
      const last = (who) => (lines[who][name][lines.you[name].length - 1] ?? 0).toFixed(1);
      svg.setAttribute("aria-label",
        `${label}, ${unit}, at the end of ${years[lines.you[name].length - 1]}: ${last("you")} (${this.words.you}), ${last("own")} (${this.words.own})`);
      svg.replaceChildren(...parts);
    }
  }

  for (const box of document.querySelectorAll(".cb-flight")) box.flight = new Flight(box);
})();
