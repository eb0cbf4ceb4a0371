/* The simulator's Python, away from the page: it loads Pyodide's core and the two modules of the
   engine from this site, and hands questions and answers through as JSON. */
let answer; // (asked, given) -> the desk's answer
let come = 0; // bytes

// Loading is told as it goes on: every body that arrives is counted on its way. What does not
// arrive ends the start here, because Python's loader would wait for it without a word.
const real = self.fetch;
let lost;
const missing = new Promise((_, fail) => (lost = fail));
missing.catch(() => {});
self.fetch = async (...asked) => {
  const name = String(asked[0].url ?? asked[0]).split(/[/?]/).findLast((part) => part.includes("."));
  const response = await real(...asked).catch(() => ({}));
  if (!response.ok) {
    lost(new Error(`${name} did not arrive`));
    throw new Error(`${name} did not arrive`);
  }
  const count = new TransformStream({
    transform(chunk, out) {
      come += chunk.byteLength;
      self.postMessage({ come });
      out.enqueue(chunk);
    },
  });
  const { status, headers } = response;
  return new Response(response.body.pipeThrough(count), { status, headers });
};

async function begin({ base, core, files, desk }) {
  const { loadPyodide } = await import(new URL(`${core}/pyodide.mjs`, base));
  const loading = loadPyodide({ indexURL: new URL(`${core}/`, base).href });
  const python = await Promise.race([loading, missing]);
  for (const [path, address] of Object.entries(files)) {
    const text = await (await fetch(new URL(address, base))).text();
    const folders = path.split("/").slice(0, -1);
    python.FS.mkdirTree(`/casebook/${folders.join("/")}`);
    for (const i of folders.keys())
      python.FS.writeFile(`/casebook/${folders.slice(0, i + 1).join("/")}/__init__.py`, "");
    python.FS.writeFile(`/casebook/${path}`, text);
  }
  python.globals.set("given", desk);
  answer = python.runPython(`
    import sys
    sys.path.insert(0, "/casebook")
    from coalescence.models import flight
    desk = flight.dealt(given)
    lambda asked, given: flight.answer(desk, asked, given)`);
}

self.onmessage = async ({ data: { id, asked, given } }) => {
  try {
    const found = asked === "begin" ? await begin(given) : answer(asked, given);
    self.postMessage({ id, found });
  } catch (error) {
    const lines = String(error.message ?? error).trim().split("\n"); // of a Python traceback, the last
    self.postMessage({ id, fault: lines.at(-1).slice(0, 300) });
  }
};
