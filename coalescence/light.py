"""Pages that send what they use: one style sheet, its icons, and the scripts of their kind.

The book theme brings nine style sheets for any page that could be made with it, and icon fonts of
2,000 signs. A book uses a fifth of the rules and some twenty signs. When its pages are written, the
sheets become one, in their order; a rule stays if every class and id that it asks for occurs as a
word in some page or script of the site, and a font keeps the signs that the remaining rules name.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

OWN = "casebook.css"  # stays as it is: its rules also serve what scripts make
SHEET = "style.css"
FONTS = "vendor/fontawesome/webfonts"
FACE = re.compile(r'src:url\([^)]*/([\w-]+)\.woff2\) format\("woff2"\)[^;}]*')
FORMAT = f'src:url({FONTS}/{{}}.woff) format("woff")'
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?;?""")
URL = re.compile(r"""url\(["']?(?!data:|#|\w+:)([^)"']+)["']?\)""")
LINK = re.compile(r'<link\b[^>]*\bhref="([^"]*_static/)([^"?]+\.css)[^"]*"[^>]*>\s*')
WORD = re.compile(r"[\w-]+")
NESTED = {"media", "supports", "layer", "container"}
# Scripts that serve one kind of page: their names, and what such a page's text has.
ONLY_WHERE = {
    "design-tabs": r'class="[^"]*\bsd-',
    "togglebutton": r'class="[^"]*\b(?:toggle|dropdown)\b',
    "copybutton|clipboard": r'class="[^"]*\bhighlight\b',
}
SEARCH = re.compile(
    r'<script src="[^"]*\b(?:searchtools|language_data|searchindex)\.js[^"]*"></script>\s*'
)
WORKS = re.compile(r'<script src=(?!"[^"]*(?:_static/moved/|documentation_options))')
LOGO = re.compile(r'(<img alt="\w+ logo") src=')
ICONS = re.compile(r'<script defer src="[^"]*/fontawesome\.js[^"]*"></script>\s*')
PRELOAD = re.compile(r'<link rel="preload" as="font"[^>]*?>\s*')


def slim(css: str, known: set[str]) -> str:
    """A style sheet without the rules that ask for a class or id which is none of `known`."""
    return _written(tinycss2.parse_stylesheet(css, skip_comments=True), known)


def _written(rules: Iterable[Any], known: set[str]) -> str:
    return "".join(_rule(rule, known) for rule in rules if rule.type != "whitespace")


def _rule(rule: Any, known: set[str]) -> str:
    if rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content is not None:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True)
        body = _written(inner, known)
        head = tinycss2.serialize(rule.prelude)
        return f"@{rule.at_keyword}{head}{{{body}}}" if body else ""
    if rule.type != "qualified-rule":
        return str(rule.serialize())
    kept = [tinycss2.serialize(s).strip() for s in _selectors(rule.prelude) if _asks(s) <= known]
    return f"{','.join(kept)}{{{tinycss2.serialize(rule.content)}}}" if kept else ""


def _selectors(prelude: list[Any]) -> list[list[Any]]:
    """The selectors of a rule, which commas part."""
    parts: list[list[Any]] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _asks(selector: list[Any]) -> set[str]:
    """The classes and ids without which a selector finds nothing; `:not()` asks for none."""
    pairs = pairwise(selector)
    classes = {name.value for dot, name in pairs if dot == "." and name.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}


def signs(css: str) -> set[int]:
    """The icon signs that a style sheet names."""
    escaped = {int(code, 16) for code in re.findall(r"\\([0-9a-fA-F]{4})", css)}
    return {code for code in escaped | set(map(ord, css)) if 0xE000 <= code < 0xF900}


def font(file: bytes, wanted: set[int]) -> bytes:
    """An icon font with the wanted signs alone."""
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=False)
    options.drop_tables += ["FFTM"]
    with TTFont(BytesIO(file)) as every:
        part = subset.Subsetter(options)
        part.populate(unicodes=wanted)
        part.subset(every)
        every.flavor = "woff"
        kept = BytesIO()
        every.save(kept)
    return kept.getvalue()


def pages_of(site: Path, left_out: Iterable[str]) -> list[Path]:
    """The pages of a built site."""
    found = site.rglob("*.html")
    return [page for page in found if page.relative_to(site).parts[0] not in left_out]


def words(site: Path, left_out: Iterable[str]) -> set[str]:
    """Every word in the site's pages and in the scripts that make parts of them."""
    static = site / "_static"
    scripts = [*static.glob("*.js"), *static.glob("scripts/*.js"), *static.glob("moved/*.js")]
    files = [*pages_of(site, left_out), *(file for file in scripts if file.name != "vega.js")]
    return {word for file in files for word in WORD.findall(file.read_text(encoding="utf-8"))}


def unneeded(name: str, body: str) -> bool:
    """Whether a script serves another kind of page than one with this text."""
    script = name.endswith(".js")
    where = ((re.search(n, name), re.search(mark, body)) for n, mark in ONLY_WHERE.items())
    return script and any(named and not marked for named, marked in where)


def quick(html: str, search: bool) -> str:
    """A page whose scripts wait until it is read, but for those that only set something."""
    html = ICONS.sub("", PRELOAD.sub("", html))  # the font has the icons
    html = LOGO.sub(r'\1 loading="lazy" src=', html)  # they stand in a closed menu
    head, end, body = html.partition("</head>")
    if not search:  # the theme loads all that for a search while one types, which is off
        head = SEARCH.sub("", head)
    return WORKS.sub("<script defer src=", head) + end + body


def whole(name: str, read: Callable[[str], str]) -> str:
    """A style sheet as part of one in `_static`: what it imports, its addresses from there."""
    folder = posixpath.dirname(name)

    def here(path: str) -> str:
        return posixpath.normpath(posixpath.join(folder, path))

    parts = IMPORT.split(read(name))  # text, what it imports, text ...
    parts[::2] = [URL.sub(lambda at: f"url({here(at[1])})", text) for text in parts[::2]]
    parts[1::2] = [whole(here(path), read) for path in parts[1::2]]
    return "".join(parts)


def lighten(site: Path, read: Callable[[str], bytes], left_out: Iterable[str]) -> None:
    """Write the one style sheet and its fonts into a built site, and let its pages know them.

    `read` gives a file below `_static` as it was before this. A page that was lightened before
    keeps its link, with the mark of the new sheet.
    """
    static = site / "_static"
    pages = {page: page.read_text(encoding="utf-8") for page in pages_of(site, left_out)}
    linked = {page: [name for _, name in LINK.findall(html)] for page, html in pages.items()}
    names = max(linked.values(), key=len, default=[])
    if len(names) < 2:
        return
    known = words(site, left_out)
    texts = {name: whole(name, lambda path: read(path).decode()) for name in names}
    css = "".join(text if name == OWN else slim(text, known) for name, text in texts.items())
    wanted = signs(css)
    for name in set(FACE.findall(css)):
        made = static / FONTS / f"{name}.woff"
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(font(read(f"{FONTS}/{name}.ttf"), wanted))
    css = f"/* {' '.join(names)} */\n{FACE.sub(lambda face: FORMAT.format(face[1]), css)}"
    (static / SHEET).write_text(css, encoding="utf-8")
    for unread in [*(static / FONTS).glob("*.woff2"), *(static / FONTS).glob("*.ttf")]:
        unread.unlink()
    mark = hashlib.sha256(css.encode()).hexdigest()[:8]
    for page, html in pages.items():
        up = LINK.search(html)
        if up is None:
            continue
        link = f'<link href="{up[1]}{SHEET}?v={mark}" rel="stylesheet" />\n'
        new = html[: up.start()] + link + LINK.sub("", html[up.end() :])
        new = quick(new, search=page.name == "search.html")
        if new != html:
            page.write_text(new, encoding="utf-8")


def connect(app: Sphinx, left_out: Iterable[str]) -> None:
    """Lighten the pages of a build when all are written."""

    def after(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.name in ("html", "dirhtml"):
            theme = app.builder.theme  # type: ignore[attr-defined]
            themes = [Path(folder) / "static" for folder in theme.get_theme_dirs()]
            static = Path(app.outdir) / "_static"

            def read(name: str) -> bytes:
                places = [*themes, static]
                return next(p / name for p in places if (p / name).exists()).read_bytes()

            lighten(Path(app.outdir), read, left_out)

    app.connect("build-finished", after, priority=999)  # the theme writes its colours last
