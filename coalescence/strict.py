"""Pages that run the site's own script files and nothing else.

Every page carries the policy below. What the theme writes between the tags of a page, and into
attributes such as `onclick`, is moved to files of the site, at its place and in its order.
"""

import hashlib
import re
from html import unescape
from pathlib import Path

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'
FOLDER = "_static/moved"
CHARSET = re.compile(r'<meta charset="utf-8"\s*/?>')
INLINE = r"<script(?![^>]*\b(?:src|type)=)[^>]*>(.*?)</script>"
RUN = re.compile(rf"{INLINE}(?:\s*{INLINE})*", re.S)  # scripts with nothing between them
ONE = re.compile(INLINE, re.S)
HANDLER = re.compile(r'(<[a-z][^<>]*?)\son([a-z]+)="([^"]*)"')
LISTEN = """for (const place of document.querySelectorAll('[data-on="{mark}"]'))
  place.addEventListener("{event}", function (event) {{ {code} }});
"""
# Where the browser's store is forbidden or full, the page keeps things until it is left.
STORE = """for (const store of ["localStorage", "sessionStorage"])
  try { window[store].setItem("casebook", ""); } catch {
    const kept = new Map();
    document.documentElement.dataset.keeps = "nothing";
    const getItem = (name) => kept.get(name) ?? null;
    const setItem = (name, value) => kept.set(name, String(value));
    const removeItem = (name) => kept.delete(name);
    Object.defineProperty(window, store, { value: { getItem, setItem, removeItem } });
  }
"""
# The theme settles later what "auto" is; a dark page would be painted light until then.
SETTLED = """if (document.documentElement.dataset.theme === "auto")
  document.documentElement.dataset.theme =
    matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
"""


def strict(html: str, up: str) -> tuple[str, dict[str, str]]:
    """A page under the policy, and the files that it needs for that, by name.

    `up` leads from the page to the site's root: "" or "../../". A page that carries the policy
    already is left as it is, and so is one that names no encoding, such as a bare redirect.
    """
    charset = CHARSET.search(html)
    if META in html or not charset:
        return html, {}
    files: dict[str, str] = {}

    def keep(code: str) -> str:
        mark = hashlib.sha256(code.encode()).hexdigest()[:10]
        files[f"{mark}.js"] = code
        return mark

    def moved(match: re.Match[str]) -> str:
        code = "\n".join(code.strip() for code in ONE.findall(match[0])) + "\n"
        code = STORE + code if "localStorage" in code else code
        name = keep(code + SETTLED if "dataset.theme" in code else code)
        return f'<script src="{up}{FOLDER}/{name}.js"></script>'

    def listening(match: re.Match[str]) -> str:
        start, event, code = match[1], match[2], unescape(match[3])
        mark = hashlib.sha256(f"{event} {code}".encode()).hexdigest()[:10]
        listeners.append(LISTEN.format(mark=mark, event=event, code=code))
        return f'{start} data-on="{mark}"'

    listeners: list[str] = []
    html = HANDLER.sub(listening, RUN.sub(moved, html))
    last = ""
    if listeners:  # they run when the whole page is read
        name = keep("".join(dict.fromkeys(listeners)))
        last = f'<script defer src="{up}{FOLDER}/{name}.js"></script>'
    html = html.replace("</head>", f"{last}</head>", 1)
    return html.replace(charset[0], f"{charset[0]}{META}", 1), files


def seal(site: Path, pages: list[Path]) -> None:
    """Put built pages under the policy; a second time changes nothing."""
    (site / FOLDER).mkdir(parents=True, exist_ok=True)
    for page in pages:
        old = page.read_text(encoding="utf-8")
        new, files = strict(old, "../" * (len(page.relative_to(site).parts) - 1))
        for name, code in files.items():
            (site / FOLDER / name).write_text(code, encoding="utf-8")
        if new != old:
            page.write_text(new, encoding="utf-8")
