/* The page's part of the labs. A lab stands in the page as a picture with controls; when it comes
   into view, its numbers and Vega are loaded and the picture becomes a chart that follows the
   controls. Nothing is computed here but which of the shipped numbers to show. */
(() => {
  "use strict";
  const base = new URL("./", document.currentScript.src);
  const waiting = new Map(); // lab name -> what to do with its numbers
  window.casebook = (name, data) => waiting.get(name)?.(data);

  const load = (path) =>
    new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = new URL(path, base).href;
      script.onload = done;
      script.onerror = () => fail(new Error(`${path} did not load`));
      document.head.append(script);
    });
  let vegaLoading;
  const phone = matchMedia("(max-width: 40rem)");
  const vega = () => (vegaLoading ??= load("vega.js"));

  /* ---- numbers ---- */
  // Differences from the setting before, row by row -> whole numbers -> values.
  function unpack(column, rows) {
    const whole = [];
    let sum = 0;
    for (const [i, step] of column.steps.entries()) {
      sum = i % rows ? sum + step : step;
      whole.push(sum + (whole[i - rows] ?? 0));
    }
    if (column.words) return whole.map((code) => column.words[code]);
    const unit = 10 ** Math.abs(column.places);
    return whole.map((n) => (column.places < 0 ? n * unit : n / unit));
  }

  // Sentences with their numbers taken out -> a function from a setting's number to its sentence.
  function speaker({ forms, form, numbers }) {
    const all = numbers.split(" ");
    const gaps = forms.map((text) => text.split("\x01").length - 1);
    let sum = 0;
    const first = form.map((f) => (sum += gaps[f]) - gaps[f]);
    return (setting) => {
      let at = first[setting];
      return forms[form[setting]].replace(/\x01/g, () => all[at++]);
    };
  }

  /* ---- files ---- */
  const LINE = 22; // pixels for the source line
  const plain = (text) => text.replace(/[&<>]/g, (mark) => `&#${mark.charCodeAt(0)};`);

  // A chart's picture with fixed colours, a white ground and a line that says where it is from.
  function alone(svg) {
    const from = plain(`${document.title}. CC BY 4.0. ${location.href}`);
    return svg
      .replace(/var\(--[\w-]+, *(#\w+)\)/g, "$1")
      .replace(/height="([\d.]+)" viewBox="0 0 ([\d.]+) ([\d.]+)"([^>]*)>([^]*)<\/svg>$/, (_, height, w, h, more, body) =>
        `height="${Number(height) + LINE}" viewBox="0 0 ${w} ${Number(h) + LINE}"${more}>` +
        `<rect width="100%" height="100%" fill="#ffffff"/>${body}<text x="4" y="${Number(h) + 15}" ` +
        `font-family="Arial, sans-serif" font-size="9" fill="#59636e">${from}</text></svg>`);
  }

  function save(text, type, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  const printed = (value, places) =>
    typeof value === "number" ? value.toFixed(Math.max(places, 0)) : value;

  /* ---- one lab ---- */
  class Lab {
    constructor(box) {
      this.box = box;
      this.id = box.id;
      this.form = box.querySelector("form");
      this.inputs = [...this.form.querySelectorAll("input, select")];
      this.names = this.inputs.map((input) => JSON.parse(input.dataset.stops));
      this.sentence = box.querySelector(".cb-say");
      this.status = box.querySelector("[role=status]");
      this.folded = box.querySelector(".cb-numbers");
    }

    async start() {
      const name = this.box.dataset.lab;
      let data;
      waiting.set(name, (sent) => (data = sent));
      await Promise.all([vega(), load(`labs/${name}.js`)]);
      // A file that was cut short arrives as well, and says nothing.
      if (!window.vega?.expressionInterpreter) throw new Error("vega.js is not whole");
      if (data?.sizes.join() !== this.names.map((stops) => stops.length).join())
        throw new Error(`labs/${name}.js is not whole`);
      this.sizes = data.sizes;
      this.rows = data.rows;
      this.columns = data.columns.map((column, i) => ({
        ...column,
        moves: data.moving[i],
        values: unpack(column, data.rows),
      }));
      this.say = speaker(data.say);
      this.views = [];
      const frames = [...this.box.querySelectorAll(".cb-chart")];
      const setting = this.fromAddress();
      this.set(setting ?? this.defaults(), false);
      this.widths = data.charts.map((spec, i) => ({ wide: spec.width, narrow: data.narrow[i] }));
      for (const [i, spec] of data.charts.entries())
        this.views.push(await this.draw(frames[i], { ...spec, width: this.width(i) }));
      phone.addEventListener("change", () => this.fit());
      this.form.querySelector("fieldset").disabled = false;
      this.form.addEventListener("input", () => this.changed());
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("reset", (event) => {
        event.preventDefault();
        this.set(this.defaults());
      });
      this.form.addEventListener("click", (event) => {
        const wanted = event.target.dataset?.preset;
        if (wanted) this.set(JSON.parse(wanted));
      });
      this.folded?.addEventListener("toggle", () => this.list());
      this.box.querySelector(".cb-take")?.addEventListener("click", (event) => this.take(event));
      this.box.classList.add("cb-alive");
    }

    async draw(frame, spec) {
      const live = document.createElement("div");
      live.className = "cb-live";
      // Expressions are interpreted: the page's policy lets no text become code.
      const { View, parse, expressionInterpreter } = window.vega;
      const options = { renderer: "svg", hover: false, expr: expressionInterpreter };
      const view = new View(parse(spec, null, { ast: true }), options);
      view.logLevel(window.vega.Warn);
      view.data("lab", this.table());
      await view.initialize(live).runAsync();
      const svg = live.querySelector("svg");
      svg.setAttribute("aria-hidden", "true");
      svg.setAttribute("focusable", "false");
      live.querySelector("form").remove(); // Vega's place for inputs of its own, heard though empty
      live.setAttribute("role", "img"); // it takes over the picture's description
      live.setAttribute("aria-label", frame.querySelector("svg").getAttribute("aria-label"));
      frame.append(live);
      frame.classList.add("cb-drawn");
      return view;
    }

    // A plot on a phone is drawn narrower rather than smaller, so that its words stay readable.
    width(i) {
      const { wide, narrow } = this.widths[i];
      return phone.matches && narrow ? narrow : wide;
    }

    fit() {
      for (const [i, view] of this.views.entries())
        if (this.widths[i].narrow) view.width(this.width(i)).run();
    }

    defaults() {
      return this.inputs.map((input) => Number(input.dataset.start));
    }

    stops() {
      return this.inputs.map((input) =>
        input.type === "checkbox" ? Number(input.checked) : Number(input.value),
      );
    }

    // The number of the present setting: the last control moves fastest.
    setting() {
      return this.stops().reduce((at, stop, i) => at * this.sizes[i] + stop, 0);
    }

    // The rows that the chart shows now.
    table() {
      const from = this.setting() * this.rows;
      return Array.from({ length: this.rows }, (_, row) => {
        const record = {};
        for (const column of this.columns)
          record[column.name] = column.values[column.moves ? from + row : row];
        return record;
      });
    }

    // Only the values that differ: the marks stay, which costs less than new ones.
    change(shown, rows) {
      const change = window.vega.changeset();
      for (const [row, record] of shown.entries())
        for (const { name, moves } of this.columns)
          if (moves && record[name] !== rows[row][name])
            change.modify(record, name, rows[row][name]);
      return change;
    }

    set(stops, keep = true) {
      for (const [i, input] of this.inputs.entries()) {
        if (input.type === "checkbox") input.checked = Boolean(stops[i]);
        else input.value = String(stops[i]);
      }
      this.changed(keep);
    }

    changed(keep = true) {
      for (const input of this.inputs) {
        if (input.type !== "range") continue;
        const word = JSON.parse(input.dataset.words)[Number(input.value)];
        input.setAttribute("aria-valuetext", word);
        input.parentElement.querySelector("output").textContent = word;
      }
      const rows = this.table();
      for (const view of this.views) view.change("lab", this.change(view.data("lab"), rows)).run();
      this.sentence.textContent = this.say(this.setting());
      this.list();
      if (!keep) return;
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        this.status.textContent = this.sentence.textContent;
        this.toAddress();
      }, 400);
    }

    // The numbers under the fold, written only while the fold is open.
    list() {
      const body = this.folded?.open && this.folded.querySelector("tbody");
      if (!body) return;
      const rows = this.table();
      for (const [r, line] of [...body.rows].entries())
        for (const [c, cell] of [...line.cells].entries()) {
          const column = this.columns[c];
          cell.textContent = printed(rows[r][column.name], column.places);
        }
    }

    // The links below a living chart give what it shows now.
    async take(event) {
      const link = event.target.closest("[data-take]");
      if (!link) return;
      event.preventDefault();
      const name = link.href.split("/").pop();
      if (link.dataset.take === "svg")
        return save(alone(await this.views[link.dataset.nth].toSVG()), "image/svg+xml", name);
      const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
      const rows = this.table().map((row) =>
        this.columns.map(({ name, places }) => cell(String(printed(row[name], places)))));
      const lines = [this.columns.map(({ name }) => cell(name)), ...rows];
      save(lines.map((line) => `${line.join()}\n`).join(""), "text/csv", name);
    }

    /* The address carries every control that is not at its default: ?lab-split.stake=0.3 */
    toAddress() {
      const url = new URL(location.href);
      for (const input of this.inputs) url.searchParams.delete(`${this.id}.${input.name}`);
      this.stops().forEach((stop, i) => {
        const input = this.inputs[i];
        if (stop !== Number(input.dataset.start))
          url.searchParams.set(`${this.id}.${input.name}`, this.names[i][stop]);
      });
      if (url.searchParams.size) url.hash = this.id;
      tellAddress(this.box, url);
      try {
        history.replaceState(null, "", url);
      } catch {
        /* a page opened from disk may not write its address */
      }
    }

    fromAddress() {
      const asked = new URL(location.href).searchParams;
      const wrong = [];
      const stops = this.defaults();
      let any = false;
      for (const [i, input] of this.inputs.entries()) {
        const text = asked.get(`${this.id}.${input.name}`);
        if (text === null) continue;
        const stop = this.names[i].indexOf(text);
        if (stop >= 0) {
          stops[i] = stop;
          any = true;
        } else wrong.push(input.name);
      }
      if (wrong.length)
        this.note(`The address asks for a setting this lab does not have (${wrong.join(", ")}); its default is shown.`);
      return any ? stops : null;
    }

    note(text) {
      const line = document.createElement("p");
      line.className = "cb-note";
      line.textContent = text;
      this.form.before(line);
    }
  }

  /* ---- guesses: kept in this browser, shown again beside the answer ---- */
  const kept = {
    get: (name) => {
      try {
        return localStorage.getItem(`casebook.guess.${name}`);
      } catch {
        return null;
      }
    },
    set: (name, value) => {
      try {
        localStorage.setItem(`casebook.guess.${name}`, value);
      } catch {
        /* a browser that keeps nothing still shows the guess until the page is left */
      }
    },
  };

  function guesses() {
    const said = new Map();
    const show = (name) => {
      for (const place of document.querySelectorAll(".cb-compare")) {
        if (place.dataset.guess === name && said.has(name))
          place.querySelector("[data-mine]").textContent = said.get(name);
      }
    };
    for (const box of document.querySelectorAll(".cb-guess")) {
      const { guess: name } = box.dataset;
      const input = box.querySelector("input");
      const output = box.querySelector("output");
      const key = `${location.pathname}#${name}`;
      const tell = () => {
        const unit = input.dataset.unit;
        output.textContent = input.value + (unit === "%" || !unit ? "" : " ") + unit;
        input.setAttribute("aria-valuetext", output.textContent);
        said.set(name, output.textContent);
        show(name);
      };
      const before = kept.get(key);
      const within = Number(before) >= Number(input.min) && Number(before) <= Number(input.max);
      if (before?.trim() && within) {
        input.value = before;
        tell();
      }
      input.addEventListener("input", () => {
        kept.set(key, input.value);
        tell();
      });
    }
  }

  /* ---- paper: each lab's address, and the light colours ---- */
  function tellAddress(box, url) {
    const line = box.querySelector(".cb-address");
    if (line) line.textContent = `Move it: ${url.href}`;
  }

  function paper() {
    // Words and no link: within a PDF of the page it would lead to this very place.
    if (location.protocol !== "file:")
      for (const box of document.querySelectorAll(".cb-lab, .cb-flight")) {
        const line = document.createElement("p");
        line.className = "cb-address";
        box.prepend(line);
        tellAddress(box, new URL(`#${box.id}`, location.href));
      }
    const { dataset } = document.documentElement;
    let { theme } = dataset;
    addEventListener("beforeprint", () => {
      ({ theme } = dataset);
      dataset.theme = "light";
    });
    addEventListener("afterprint", () => (dataset.theme = theme));
  }

  /* ---- begin: a lab starts when it is about to be seen ---- */
  function begin() {
    guesses();
    paper();
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          seen.unobserve(target);
          const lab = new Lab(target);
          target.lab = lab;
          lab.start().catch((error) => {
            lab.note(`This lab cannot be moved here (${error.message}); the picture shows its default.`);
          });
        }
      },
      { rootMargin: "300px" },
    );
    for (const box of document.querySelectorAll(".cb-lab")) seen.observe(box);
  }
  begin();
})();
