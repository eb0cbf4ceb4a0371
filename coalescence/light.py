"""Pages that send what they use: the theme's icons, style rules and scripts, less the rest.

The book theme brings three icon fonts of 2,000 signs, the rules for them, and a style sheet that
serves any page that could be made with it. A book uses some twenty icons and a tenth of the rules.
When its pages are written, a rule stays if every class and id that it asks for occurs as a word in
some page or script of the site, and the font keeps the signs that the remaining rules name.
"""

import hashlib
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

SHEETS = ("styles/pydata-sphinx-theme.css", "styles/sphinx-book-theme.css", "sphinx-design.min.css")
FONTS = "vendor/fontawesome/webfonts"
SOURCE = re.compile(r'src:url\([^)]*/([\w-]+)\.woff2\) format\("woff2"\)[^;}]*')
FORMAT = 'src:url(../vendor/fontawesome/webfonts/{}.woff) format("woff")'
WORD = re.compile(r"[\w-]+")
NESTED = {"media", "supports", "layer", "container"}
# Scripts and style sheets that serve one kind of page: their names, and what its text has.
ONLY_WHERE = {
    "design-tabs|sphinx-design": r'class="[^"]*\bsd-',
    "togglebutton": r'class="[^"]*\b(?:toggle|dropdown)\b',
    "copybutton|clipboard": r'class="[^"]*\bhighlight\b',
}
SEARCH = "searchtools|language_data"
PRELOAD = re.compile(r'<link rel="preload" as="font"[^>]*?>\s*')
SHEET = re.compile(r'(href="[^"]*_static/(?:{})\?)[^"]*"'.format("|".join(map(re.escape, SHEETS))))


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


def font(file: Path, wanted: set[int]) -> bytes:
    """An icon font with the wanted signs alone."""
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=False)
    options.drop_tables += ["FFTM"]
    with TTFont(file) as whole:
        part = subset.Subsetter(options)
        part.populate(unicodes=wanted)
        part.subset(whole)
        whole.flavor = "woff"
        kept = BytesIO()
        whole.save(kept)
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


def unneeded(name: str, page: str, body: str) -> bool:
    """Whether a script or style sheet serves another kind of page than this one."""
    if re.search(SEARCH, name):
        return page != "search"
    return any(re.search(n, name) and not re.search(mark, body) for n, mark in ONLY_WHERE.items())


def lighten(site: Path, originals: Callable[[str], Path | None], left_out: Iterable[str]) -> None:
    """Write the slimmer style sheets and fonts into a built site, and let its pages know them.

    `originals` gives the untouched file for a name below `_static`, so that a second build of a
    part of the pages starts from the whole again.
    """
    static = site / "_static"
    known, wanted = words(site, left_out), set[int]()
    fonts = set[str]()
    mark = hashlib.sha256()
    for name in SHEETS:
        original = originals(name)
        if original is None or not (static / name).exists():
            continue
        css = slim(original.read_text(encoding="utf-8"), known)
        fonts |= set(SOURCE.findall(css))
        wanted |= signs(css)
        css = SOURCE.sub(lambda source: FORMAT.format(source[1]), css)
        (static / name).write_text(css, encoding="utf-8")
        mark.update(css.encode())
    for name in fonts:
        if original := originals(f"{FONTS}/{name}.ttf"):
            (static / FONTS / f"{name}.woff").write_bytes(font(original, wanted))
    for unread in [*(static / FONTS).glob("*.woff2"), *(static / FONTS).glob("*.ttf")]:
        unread.unlink()
    for page in pages_of(site, left_out):
        old = page.read_text(encoding="utf-8")
        new = SHEET.sub(rf'\g<1>v={mark.hexdigest()[:8]}"', PRELOAD.sub("", old))
        if new != old:
            page.write_text(new, encoding="utf-8")


def connect(app: Sphinx, left_out: Iterable[str]) -> None:
    """Lighten the pages of a build when all are written."""

    def after(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.name in ("html", "dirhtml"):
            theme = app.builder.theme  # type: ignore[attr-defined]
            places = [Path(folder) / "static" for folder in theme.get_theme_dirs()]
            places += map(Path, app.config.html_static_path)

            def original(name: str) -> Path | None:
                return next((place / name for place in places if (place / name).exists()), None)

            lighten(Path(app.outdir), original, left_out)

    app.connect("build-finished", after)
