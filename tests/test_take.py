"""A chart as a file of its own: its numbers whole, its picture readable anywhere."""

import io
from types import SimpleNamespace
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest

from coalescence import take
from coalescence.page import picture

FRAME = pd.DataFrame({"year": [2019, 2020], "name": ['a "b", c', "<d>"], "value": [1.5, -2.0]})


def spec(frame=FRAME):
    chart = alt.Chart(frame).mark_bar(color="#0072b2").encode(x="year:O", y="value:Q")
    return (chart + alt.Chart(frame.iloc[:1]).mark_rule().encode(y="value:Q")).to_dict()


def test_the_numbers_of_every_layer_are_in_the_csv():
    text = take.csv(take.tables(spec()))
    back = pd.read_csv(io.StringIO(text))
    assert len(back) == 3
    assert list(back["chart_layer"]) == [1, 1, 2]
    assert list(back["name"][:2]) == list(FRAME["name"])


def test_one_table_stays_as_it_is():
    assert pd.read_csv(io.StringIO(take.csv([FRAME]))).equals(FRAME)
    assert take.csv([]).strip() in ("", '""')


def test_tables_written_into_the_chart_are_found():
    rows = [{"a": 1}, {"a": 2}]
    found = take.tables({"hconcat": [{"data": {"values": rows}}, {"data": {"name": "x"}}]})
    assert [table.to_dict("records") for table in found] == [rows]


def test_a_picture_stands_alone_with_colours_and_a_source():
    svg = picture(spec(), "bars & rules", "cb-wide")
    assert "var(--cb-blue,#0072b2)" in svg
    text = take.alone(svg, "Here & there <1>")
    root = ElementTree.fromstring(text)
    assert "var(" not in text
    assert "#0072b2" in text
    assert list(root)[-1].text == "Here & there <1>"
    before, after = (float(ElementTree.fromstring(one).get("height")) for one in (svg, text))
    assert after == before + take.FOOT
    assert root.get("viewBox").split()[3] == f"{after:g}"


def test_a_picture_without_a_size_is_an_error():
    with pytest.raises(ValueError, match="has no size"):
        take.alone("<svg></svg>", "x")


def test_files_are_written_in_order_and_nothing_of_them_stays_in_the_page(tmp_path):
    svg = picture(spec(), "bars", "cb-wide")
    chart = f'<div class="cb-chart">{svg}{svg.replace("cb-wide", "cb-narrow")}</div>'
    body = chart + take.links([FRAME]) + chart + chart + take.links([FRAME], pictures=2)
    app = SimpleNamespace(outdir=tmp_path, config=SimpleNamespace(html_title="Book", author="Me"))
    context = {"body": body, "title": "A &amp; B", "pathto": lambda path, _: f"../{path}"}
    take.write_files(app, "book/part/one", "", context, None)
    made = sorted(path.name for path in (tmp_path / take.FILES).iterdir())
    assert made == ["part-one-1.csv", "part-one-1.svg", "part-one-2-2.svg", "part-one-2.csv",
                    "part-one-2.svg"]  # fmt: skip
    assert 'href="../_static/figures/part-one-2-2.svg" download' in context["body"]
    assert "text/csv" not in context["body"]
    assert context["body"].count(svg) == 3
    assert "Book: A &amp; B. Me, CC BY 4.0." in (tmp_path / take.FILES / made[1]).read_text()
    assert pd.read_csv(tmp_path / take.FILES / made[0]).equals(FRAME)
