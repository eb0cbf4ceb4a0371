"""A lab is what its declaration says: in its errors, in a kernel, and in what the page is sent."""

import json
from html import unescape
from html.parser import HTMLParser
from io import StringIO
from itertools import product
from pathlib import Path
from textwrap import dedent

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalescence import page
from coalescence.ask import check, compare, guess
from coalescence.lab import (
    BUDGET,
    BUILDER,
    VEGALITE,
    LabError,
    choice,
    drawing,
    lab,
    places,
    slider,
    switch,
    tidy,
)

HOSTILE = """</script><img src=x onerror="alert('1')"> & 'quoted' "twice" <!--<script>"""


def curve(slope=1.0, steep=False, kind="a"):
    """Three points of a line or a parabola, with a word and a constant."""
    x = np.arange(3)
    return {"x": x, "y": slope * x ** (2 if steep else 1) / 3, "kind": [kind, "b", "c"]}


def dots(table):
    return (
        alt.Chart(table)
        .mark_point()
        .encode(x=alt.X("x:Q", title="Years"), y=alt.Y("y:Q", title="Gain, %"))
        .properties(width=120, height=80, description="Gain over years")
    )


def bars(table):
    return alt.Chart(table).mark_bar().encode(x="kind:N", y="y:Q").properties(width=80, height=80)


def told(table, *, slope, steep, kind):
    return f"Slope {slope:g}, {'steep' if steep else 'flat'} {kind}: the last is {table.y[2]:,.3f}."


def three(**changes):
    """A lab with one control of each kind."""
    parts = {
        "slope": slider(0, 3, 1.5, step=0.5, label="Slope", unit="a year", basis="reported"),
        "steep": switch(False, label="Steep"),
        "kind": choice({"a": "Plain", "z": "Fancy"}, "a", label="Kind", basis="estimated"),
        "chart": dots,
        "title": "A curve",
        "say": told,
        "presets": {"Steepest": {"slope": 3, "steep": True}},
    }
    return lab(changes.pop("model", curve), **{**parts, **changes})


@pytest.fixture(autouse=True)
def in_a_kernel(monkeypatch):
    monkeypatch.delenv(BUILDER, raising=False)


# --- declarations, and what is wrong with them ---


def test_the_lab_that_contributing_shows_works_as_it_stands():
    text = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.split("## Add a lab\n")[1].split("\n## ")[0]
    cell = dedent("\n".join(line for line in shown.splitlines() if line[:4] == "    " or not line))
    declared, _, last = cell.partition("\nlab(")
    exec(declared, names := {})
    made = eval(f"lab({last}", names)
    assert made.sentence(made.table(), **made.start)
    assert made.drawings[0].words


def test_stops_run_from_low_to_high_and_are_shown_with_form_and_unit():
    stake = slider(0, 0.3, 0.2, step=0.1, label="Stake", form="{:.0%}", unit="of all")
    assert stake.stops == (0, 0.1, 0.2, 0.3)
    assert stake.words == ("0% of all", "10% of all", "20% of all", "30% of all")
    assert (stake.start, stake.basis) == (2, "assumed")
    assert all(isinstance(stop, int) for stop in slider(1, 5, 3, step=2, label="Firms").stops)


@pytest.mark.parametrize(
    ("declare", "says"),
    [
        (lambda: slider(0, 1, 0.15, step=0.1, label="Stake"), r"Stake: 0.15 is no stop.*0.1.*0.2"),
        (lambda: slider(0, 1, 0, step=0.3, label="Stake"), r"Stake: steps of 0.3 .* arrive at 1"),
        (lambda: slider(1, 0, 0, step=0.3, label="Stake"), r"Stake: expected low < high"),
        (lambda: slider(0, 1, 0, step=-1, label="Stake"), r"Stake: expected .* step > 0"),
        (lambda: slider(0, 1, 0, step=1, label="S", basis="sure"), r"'sure'.*reported, estimated"),
        (lambda: choice(["a", "b"], "c", label="Mode"), r"Mode: 'c' is no stop.*a, b"),
        (lambda: choice(["a", "b"], "a", label="Mode", basis=""), r"Mode: basis ''"),
        (lambda: switch("on", label="Books"), r"Books: 'on' is no stop"),
        (lambda: lab(curve, chart=dots, title="Bare"), r"Bare: .* at least one control"),
        (lambda: three(presets={"Far": {"reach": 1}}), r"preset 'Far'.*'reach'"),
        (lambda: three(presets={"Far": {"slope": 9}}), r"Slope: 9 is no stop.*3\.0"),
        (lambda: three(presets={"Far": {"kind": "Fancy"}}), r"Kind: 'Fancy' is no stop.*a, z"),
        (lambda: three(name='a "name"'), r"name='a \"name\"'.*lower-case"),
        (lambda: three(model=lambda **_: curve()), r"name='<lambda>'.*lower-case"),
    ],
)
def test_a_declaration_that_cannot_work_says_what_to_change(declare, says):
    with pytest.raises(LabError, match=says):
        declare()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ([1, 2], "expected a table or a mapping, got list"),
        ({}, "not tidy"),
        ({"x": 1.0}, "not tidy"),
        ({"x": [1, 2], "y": [1]}, r"'x': \(2,\), 'y': \(1,\).*equal lengths"),
        ({"x": [[1, 2]]}, "not tidy"),
        ({"x": [1.0, float("nan")]}, "column 'x', row 1 is not a finite number"),
        ({"x": [float("inf"), 0]}, "column 'x', row 0 is not a finite number"),
        ({"x": ["a", None]}, "column 'x' is neither numbers nor words"),
        ({"x": [True, False]}, "column 'x' is neither numbers nor words"),
        ({"x": []}, "empty"),
        (pd.DataFrame({"x": []}), "empty"),
    ],
)
def test_what_is_no_tidy_table_is_refused_by_name(columns, says):
    with pytest.raises(LabError, match="^here: .*" + says):
        tidy(columns, "here")


def test_the_setting_at_which_a_model_fails_is_named():
    with pytest.raises(LabError, match=r"curve at .*'slope': 1.5.*not tidy"):
        three(model=lambda **_: {"x": 1}, name="curve").table()


def test_settings_that_differ_in_rows_or_columns_are_refused():
    def longer(**setting):
        return {"x": range(3 + setting["steep"]), "y": range(3 + setting["steep"])}

    def wider(**setting):
        return {"x": [1, 2], "y": [1, 2], **({"z": [0, 0]} if setting["steep"] else {})}

    with pytest.raises(LabError, match=r"'steep': True.*4 rows of.*expected 3 of"):
        page.payload(three(model=longer, say=None))
    with pytest.raises(LabError, match=r"2 rows of \['x', 'y', 'z'\].*expected 2"):
        page.payload(three(model=wider, say=None))


def test_a_lab_over_its_budget_names_its_numbers():
    def many(a, b):
        return {"x": np.arange(100), "y": np.arange(100) + a, "z": np.arange(100) * b}

    sliders = {key: slider(1, 18, 1, step=1, label=key) for key in "ab"}
    with pytest.raises(LabError) as wrong:
        page.payload(lab(many, chart=dots, title="Big", **sliders))
    assert f"asks for {18 * 18 * 100 * 2:,} numbers (18 x 18 settings, 100 rows" in str(wrong.value)
    assert f"columns y, z); the budget is {BUDGET:,}" in str(wrong.value)


def test_a_chart_must_draw_the_table_it_is_given():
    def other(table):
        return dots(table.assign(y=0))

    with pytest.raises(LabError, match="other must draw the table it is given"):
        _ = three(chart=other).drawings


# --- what the page is sent ---


def rows_of(shipped):
    """The table of every setting, decoded from a payload as a page decodes it."""
    decoded = {}
    for column, moves in zip(shipped["columns"], shipped["moving"], strict=True):
        steps = np.array(column["steps"], dtype=object).reshape(-1, shipped["rows"])
        whole = steps.cumsum(axis=1).cumsum(axis=0)
        unit = 10 ** abs(column.get("places", 0))
        if "words" in column:
            values = [[column["words"][code] for code in line] for line in whole]
        elif column["places"] < 0:
            values = [[float(n * unit) for n in line] for line in whole]
        else:
            values = [[n / unit for n in line] for line in whole]
        decoded[column["name"]] = values if moves else values * int(np.prod(shipped["sizes"]))
    return decoded


def sentences_of(shipped):
    """The sentence of every setting, decoded likewise."""
    numbers, said = iter(shipped["say"]["numbers"].split(" ")), []
    for form in shipped["say"]["form"]:
        first, *rest = shipped["say"]["forms"][form].split("\x01")
        said.append(first + "".join(next(numbers) + part for part in rest))
    return said


letters = st.characters(exclude_categories=["Cs", "Cc"])
words = st.text(letters, max_size=12)
kinds = st.sampled_from(["word", "whole", "real", "tiny", "huge", "same"])
VALUES = {
    "word": words,
    "whole": st.integers(-(10**15), 10**15),
    "real": st.floats(-1e6, 1e6),
    "tiny": st.floats(-1e-9, 1e-9).filter(lambda x: x == 0 or abs(x) > 1e-40),
    "huge": st.floats(-1e40, 1e40),
}


@st.composite
def families(draw):
    """Sizes of some controls, and at each setting columns of values and a sentence."""
    sizes = draw(st.lists(st.integers(2, 4), min_size=1, max_size=3))
    count, rows = int(np.prod(sizes)), draw(st.integers(1, 4))
    columns = {}
    for i, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=4))):
        one = st.lists(VALUES.get(kind, VALUES["real"]), min_size=rows, max_size=rows)
        every = [draw(one)] * count if kind == "same" else [draw(one) for _ in range(count)]
        columns[f"c{i}"] = every
    parts = st.lists(st.one_of(words, st.floats(0, 1e7).map("{:,.2f}".format)), max_size=4)
    return sizes, rows, columns, [" ".join(draw(parts)) for _ in range(count)]


def anything(table):
    return alt.Chart(table).mark_point().properties(description="Anything")


@settings(max_examples=60, deadline=None)
@given(families())
def test_a_payload_decodes_to_the_models_rounded_numbers_and_sentences(family):
    sizes, rows, columns, said = family

    def at(**stops):
        return int(np.ravel_multi_index(tuple(stops.values()), sizes))

    def model(**stops):
        return {key: every[at(**stops)] for key, every in columns.items()}

    parts = {f"p{i}": slider(0, n - 1, 0, step=1, label="P") for i, n in enumerate(sizes)}
    one = lab(
        model, chart=anything, title="Any", say=lambda table, **stops: said[at(**stops)], **parts
    )
    shipped = json.loads(json.dumps(page.payload(one)))
    assert shipped["sizes"] == sizes
    assert shipped["rows"] == rows
    decoded = rows_of(shipped)
    assert list(decoded) == list(columns)
    for key, every in columns.items():
        flat = [value for line in every for value in line]
        if not isinstance(flat[0], str):
            point = places(flat)
            every = [[round(float(value), point) for value in line] for line in every]
        assert decoded[key] == every
    assert sentences_of(shipped) == said


def test_a_payload_holds_the_settings_in_the_order_in_which_the_page_counts_them():
    one = three()
    shipped = page.payload(one)
    every = rows_of(shipped)
    assert shipped["moving"] == [False, True, True]
    for number, stops in enumerate(product(*(range(n) for n in shipped["sizes"]))):
        picked = [part.stops[i] for part, i in zip(one.parts.values(), stops, strict=True)]
        table = one.table(**dict(zip(one.parts, picked, strict=True)))
        assert every["y"][number] == [round(v, places(every["y"])) for v in table.y]
        assert every["kind"][number] == list(table.kind)


@given(st.lists(st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-12), min_size=1))
def test_a_column_keeps_four_figures_of_its_largest_number(values):
    largest = max(map(abs, values))
    assert all(abs(v - round(v, places(values))) <= largest / 1000 / 2 for v in values)


# --- the page's face before any script ---


class Tags(HTMLParser):
    """The elements of a piece of HTML, with their attributes and the text inside them."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))
        if tag not in ("input", "img", "br"):
            self.open.append(self.found[-1])

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _tag, _attributes, text in self.open:
            text.append(data)

    def all(self, tag, **attributes):
        return [
            (found, "".join(text))
            for name, found, text in self.found
            if name == tag and all(found.get(k) == v for k, v in attributes.items())
        ]

    def kind(self, name):
        return [
            "".join(text)
            for _, found, text in self.found
            if name in (found.get("class") or "").split()
        ]


def test_without_a_script_the_lab_shows_its_default_whole():
    one = three(also=bars)
    tags = Tags(page.html(one))
    assert len(tags.all("svg", role="img")) == 2
    assert tags.all("svg")[0][0]["aria-label"] == "Gain over years"
    assert tags.kind("cb-say") == ["Slope 1.5, flat a: the last is 1.000."]
    assert tags.kind("cb-title") == ["A curve"]
    assert [text for _, text in tags.all("output")] == ["1.5 a year"]
    assert tags.kind("cb-basis") == ["reported", "assumed", "estimated"]
    assert tags.all("fieldset")[0][0].keys() == {"disabled"}
    assert [text for _, text in tags.all("th")] == ["Years", "Gain, %", "kind"]
    cells = [text for _, text in tags.all("td")]
    assert cells == ["0", "0.000", "a", "1", "0.500", "b", "2", "1.000", "c"]
    labelled = {found["for"] for found, _ in tags.all("label")}
    assert labelled == {found["id"] for found, _ in tags.all("input") + tags.all("select")}


def test_columns_with_one_title_both_stand_in_the_table():
    def model(slope):
        return {"x": [1, 2], "y": [slope, 1.5], "z": [0.5, slope]}

    def both(table):
        points = alt.Chart(table).mark_point().encode(x=alt.X("x:Q", title="Years"))
        return points.encode(y=alt.Y("y:Q", title="Gain")) + points.encode(
            y=alt.Y("z:Q", title="Gain")
        ).properties(description="Two")

    one = lab(model, chart=both, title="Two", slope=slider(1, 2, 1, step=1, label="Slope"))
    heads = [text for _, text in Tags(page.html(one)).all("th")]
    assert len(heads) == len(set(heads)) == 3


def test_the_numbers_are_printed_as_the_page_prints_them_later():
    def model(part):
        return {"x": [1, 2, 3], "y": [1.0 + part, -0.00001, 3.0], "z": [12345.6, 1.0, -4.0 * part]}

    one = lab(model, chart=dots, title="One", part=slider(0, 1, 0, step=0.5, label="Part"))
    assert [column["places"] for column in page.payload(one)["columns"]] == [0, 3, -1]
    cells = [text for _, text in Tags(page.html(one)).all("td")]
    assert cells == ["1", "1.000", "12350", "2", "0.000", "0", "3", "3.000", "0"]


def test_the_builder_decides_which_face_is_shown(monkeypatch):
    one = three()
    assert "application/vnd.jupyter.widget-view+json" in one._repr_mimebundle_()
    monkeypatch.setenv(BUILDER, "html")
    assert one._repr_mimebundle_()["text/html"] == page.html(one)
    monkeypatch.setenv(BUILDER, "latex")
    assert set(one._repr_mimebundle_()) == {"image/png", "text/plain"}


def test_hostile_words_stay_words():
    def model(on, kind, size):
        return {"x": [1, 2, 3], "y": [1.5, 2, float(on)], "kind": ["a", HOSTILE, kind]}

    def chart(table):
        points = alt.Chart(table, title=HOSTILE).mark_text()
        return points.encode(
            x=alt.X("x:Q", title=HOSTILE), y=alt.Y("y:Q", title="Gain"), text="kind:N"
        ).properties(description=HOSTILE)

    one = lab(
        model,
        chart=chart,
        title=HOSTILE,
        say=lambda table, **_: HOSTILE,
        presets={HOSTILE: {"on": True}},
        name="hostile",
        on=switch(False, label=HOSTILE),
        kind=choice({"a": HOSTILE, HOSTILE: "b"}, HOSTILE, label=HOSTILE),
        size=slider(0, 1, 0, step=1, label=HOSTILE, unit=HOSTILE),
    )
    tags = Tags(page.html(one))
    known = {"div", "p", "form", "fieldset", "legend", "label", "span", "input", "output", "select",
             "option", "button", "svg", "g", "path", "line", "text", "tspan", "details", "summary",
             "table", "caption", "thead", "tbody", "tr", "th", "td", "script", "a"}  # fmt: skip
    assert {tag for tag, _, _ in tags.found} <= known
    assert not any(name.startswith("on") for _, found, _ in tags.found for name in found)
    assert tags.kind("cb-title") == tags.kind("cb-say") == [HOSTILE]
    assert [text for _, text in tags.all("label")] == [HOSTILE] * 3
    assert tags.all("svg")[0][0]["aria-label"] == HOSTILE
    (_, numbers), (_, shipped) = tags.all("script")
    back = pd.read_csv(StringIO(unescape(numbers)))
    assert list(back["kind"]) == ["a", HOSTILE, HOSTILE]
    assert json.loads(shipped) == json.loads(json.dumps(page.payload(one)))
    assert sentences_of(json.loads(shipped)) == [HOSTILE] * 8


def test_a_picture_keeps_the_words_and_numbers_in_it():
    def chart(table):
        text = alt.Chart(table).mark_text().encode(x="x:Q", text=alt.value("1.23456 (of 2.71828)"))
        return text.properties(description="Numbers")

    table = pd.DataFrame({"x": [1]})
    svg = page.picture(drawing(chart, table).filled(table), "Numbers", "cb-wide")
    assert "1.23456 (of 2.71828)" in svg


# --- the live face ---


def shown(one):
    """The table and the words of a live face, as the front end receives them."""
    [output] = one.live.charts[0].outputs
    return output["data"][VEGALITE]["datasets"]["lab"], one.live.words.value


def test_live_controls_move_the_table_the_chart_and_the_words():
    one = three()
    assert one.value == one.start == {"slope": 1.5, "steep": False, "kind": "a"}
    one.controls["slope"].value = 3
    one.controls["steep"].value = True
    one.controls["kind"].value = "z"
    assert one.value == {"slope": 3, "steep": True, "kind": "z"}
    assert list(one.data.y) == [0, 1, 4]
    rows, words = shown(one)
    assert rows == one.data.to_dict("records")
    assert "Slope 3, steep z: the last is 4.000." in words


def test_live_controls_offer_the_stops_and_show_their_words():
    one = three()
    for name in ("slope", "kind"):
        part = one.parts[name]
        assert one.controls[name].options == tuple(zip(part.words, part.stops, strict=True))
        assert one.controls[name].description == part.label


def buttons(one):
    found, boxes = {}, [one.live.box]
    while boxes:
        box = boxes.pop()
        boxes += getattr(box, "children", ())
        if type(box).__name__ == "Button":
            found[box.description] = box
    return found


def test_a_preset_draws_once_and_reset_restores():
    asked = []

    def model(**setting):
        asked.append(setting)
        return curve(**setting)

    one = three(model=model, name="curve")
    press = buttons(one)
    assert set(press) == {"Steepest", "Reset"}
    asked.clear()
    press["Steepest"].click()
    assert asked == [{"slope": 3, "steep": True, "kind": "a"}]
    assert one.value == asked[0]
    press["Reset"].click()
    assert asked[1:] == [one.start]
    assert one.value == one.start
    assert shown(one)[0] == one.table().to_dict("records")


def test_live_words_are_escaped():
    one = three(say=lambda table, **_: HOSTILE, title=HOSTILE)
    for widget in (one.live.words, one.live.box.children[0]):
        assert Tags(widget.value).found[0][2] == [HOSTILE]


# --- questions ---


def test_a_guess_starts_in_the_middle_on_a_stop():
    tags = Tags(guess("stake", "How much?", 0, 100, step=5, unit="%")._repr_html_())
    [(range_, _)] = tags.all("input")
    assert [range_[key] for key in ("min", "max", "step", "value")] == ["0", "100", "5", "50"]
    assert tags.all("label")[0][0]["for"] == range_["id"] == tags.all("output")[0][0]["for"]
    assert tags.all("output")[0][1] == range_["aria-valuetext"] == "50%"
    assert tags.all("div")[0][0]["data-guess"] == "stake"


def test_a_guess_at_a_large_number_keeps_its_digits():
    tags = Tags(guess("sold", "How many?", 0, 12_345_676, step=2, unit="phones")._repr_html_())
    assert tags.all("input")[0][0]["max"] == "12345676"
    assert tags.all("output")[0][1] == "6172838 phones"


def test_compare_shows_the_answer_beside_the_guess():
    tags = Tags(compare("stake", 0.2, form="{:.0%}", why="Help is half.")._repr_html_())
    assert [text for _, text in tags.all("dt")] == ["Your guess", "The answer"]
    assert [text for _, text in tags.all("dd")] == ["not made yet", "20%"]
    assert tags.all("p")[0][1] == "Help is half."


def test_check_marks_one_option_right():
    tags = Tags(check("Why?", right="b", options={"a": "No help.", "b": "Help."})._repr_html_())
    assert tags.kind("cb-right") == ["bRight. Help."]
    assert tags.kind("cb-wrong") == ["aNot so. No help."]
    assert tags.all("div")[0][0]["aria-label"] == "Why?"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: guess("a", "?", 1, 1), "guess a: expected low < high"),
        (lambda: guess("a", "?", 0, 1, step=0), "guess a: .* step > 0"),
        (
            lambda: check("Why?", right="c", options={"a": "", "b": ""}),
            "'c' is none of the options",
        ),
        (lambda: check("Why?", right="a", options={"a": ""}), "at least two options"),
    ],
)
def test_a_question_that_cannot_work_says_so(ask, says):
    with pytest.raises(ValueError, match=says):
        ask()


@pytest.mark.parametrize(
    "asked",
    [
        guess(HOSTILE, HOSTILE, 0, 1, unit=HOSTILE),
        compare(HOSTILE, 1, unit=HOSTILE, why=HOSTILE),
        check(HOSTILE, right=HOSTILE, options={HOSTILE: HOSTILE, "b": HOSTILE}),
    ],
)
def test_hostile_questions_stay_words(asked):
    tags = Tags(asked._repr_html_())
    assert not tags.all("script") + tags.all("img")
    assert not any(name.startswith("on") for _, found, _ in tags.found for name in found)
    assert any(HOSTILE in "".join(text) for _, _, text in tags.found)


def test_colab_gets_a_chart_as_a_page_of_its_own_and_no_other_front_end_does(monkeypatch):
    import sys

    from coalescence.lab import VEGALITE, shown

    spec = alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q").to_dict()
    assert shown(spec, "one") == {VEGALITE: spec, "text/plain": "one"}
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    first, second = shown(spec, "one"), shown(spec, "one")
    assert "vegaEmbed" in first["text/html"]
    assert VEGALITE not in first
    assert first != second, "two charts in one output need places of their own"
