"""What strangers wrote, in the visitors' own renderer: shown as typed, and nobody is called."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from PIL import Image

from mtlbus.core.text import printable
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.ui.address import LINKED
from mtlbus.ui.frame import ENTRIES

from .conftest import ROOT, served
from .test_journey import settle

TEXTS = [
    "plain name.png", "bus_0001-l", "_x_ __y__ a_b_", "*x* **y** ***z***", "`code` ``x``",
    "~x~ ~~y~~", "![](http://h.test/x.png)", "[log in](http://h.test)",
    "[log in](http&#58;//h.test)", "<b>x</b><img src=http://h.test/x.png>",
    "<script>alert(1)</script>", "<http://h.test>",
    "http://h.test/x https://h.test www.h.test WWW.h.test",
    "me@h.test mailto:me@h.test xmpp:a@b.cd", "http&#58;//h.test &amp; &lt; & x &nbsp;",
    ":red[x] :blue-badge[z] :small[s] :rainbow[r]", ":color[x]{foreground=red}",
    ":material/check: :material_check: :streamlit: :smile: :+1:", ":help :help[x] :x{.y}",
    "$x^2$ $$\\frac{1}{2}$$ 5$ 6$", "a | b", "|a|b|", "# head", "- item", "+ item", "* item",
    "1. one", "12) two", "> quote", "---", "===", "***", "___", "```python", "~~~", "    indented",
    "a  b   c", "a -> b <- c <-> d -- e >= f <= g ~= h", "=cmd()&<b>x<b>.png", "[^1] [^1]: x",
    "[x]: http://h.test", "- [x] y", "::leaf[x]", ":::container", "a\\b \\* \\", "{.x}",
    "12:30:45 a:b", "x:", "(http://a.b)", "a <3 :) :-(", "//a.b", "文件 é ü ñ", "<!-- x -->",
    "a\n\n# b\n---", "\x1b[31mred", "\u202eabc", "caf\udce9.png",
    "long " * 100 + "end", "longer " * 140 + "end", "longest " * 200 + "end",
]  # fmt: skip
PAGE = """
import streamlit as st
from mtlbus.core.text import literal, small
from tests.browser.test_foreign_text import TEXTS

for number, text in enumerate(TEXTS):
    with st.container(key=f"markdown{number}"):
        st.markdown(literal(text))
    with st.container(key=f"inside{number}"):
        st.markdown(f"**{literal(text)}**, {small(text)}")
    with st.container(key=f"caption{number}"):
        st.caption(literal(text))
    with st.container(key=f"label{number}"):
        st.checkbox(literal(text), key=f"box{number}")
    with st.container(key=f"cell{number}"):
        st.markdown(f"| a | b |\\n|:--|:--|\\n| {literal(text)} | x |")
st.markdown("The end", help="x")
"""
ODD = (
    "a, img, code, em, del, h1, h2, h3, ul, ol, li, blockquote, hr, pre, script, .katex, "
    "[role=img], .stMarkdownBadge"
)


PLACES = ("markdown", "inside", "caption", "label", "cell")
LOOK = """([places, count, odd]) => places.map(place => [...Array(count).keys()].map(number => {
    const box = document.querySelector(`.st-key-${place}${number}`)
    const shown = box.querySelector(place === "cell" ? "td" : "p")
    return [shown.innerText, box.querySelectorAll(odd).length]
}))"""
"""Of each place and text: what is read there, and how many elements of its own it has."""


def seen(text: str) -> str:
    """Text as the eye reads it: spaces are spaces, those at the ends are not seen."""
    return " ".join(text.replace("\u00a0", " ").split())


def test_every_text_is_shown_as_it_was_typed(page, tmp_path):
    (tmp_path / "page.py").write_text(PAGE)
    with served(str(tmp_path / "page.py"), PYTHONPATH=str(ROOT)) as address:
        page.goto(address)
        page.get_by_text("The end").wait_for()
        page.wait_for_timeout(1500)  # parts of the renderer come when a text needs them
        found = page.evaluate(LOOK, [list(PLACES), len(TEXTS), ODD])
        for place, shown in zip(PLACES, found, strict=True):
            for text, (words, odd) in zip(TEXTS, shown, strict=True):
                want = seen(printable(text))
                assert seen(words) == (f"{want}, {want}" if place == "inside" else want), place
                assert odd == 0, (place, text)


@pytest.fixture
def stranger():
    """A listening server of somebody else: its address, and what was asked of it."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_no_page_calls_a_stranger(server, page, stranger):
    there, asked = stranger
    called: list[str] = []
    page.on("request", lambda request: called.append(request.url))
    hostile = f"![q]({there}/p.png)<img src={there}/i.png>[q]({there})"
    everything = "&".join(f"{name}={quote(hostile)}" for name in LINKED if name != "case")
    no_case = [f"case={quote(hostile)}", f"case=upload:{quote(hostile)}"]  # one page for all
    wanted = [(entry.address, everything) for entry in ENTRIES]
    for name, query in [*wanted, *(("predict", query) for query in no_case)]:
        page.goto(f"{server}/{name}?{query}")
        page.get_by_test_id("stMainBlockContainer").wait_for()
        settle(page)
        own = page.locator(f"[src*='{there}'], [href*='{there}']")
        assert own.count() == 0, (name, query[:60])
    buffer = io.BytesIO()
    Image.fromarray(make_phantom(GALLERY["lipoma"].parameters, 128).image).save(buffer, "PNG")
    file = {"name": f"![q]({there[7:]}).png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.goto(f"{server}/predict")
    page.get_by_role("heading", name="Spiculated carcinoma").wait_for()
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("heading", name="![q]").first.wait_for()
    assert asked == []
    strangers = [url for url in called if not url.startswith((server, "data:", "blob:"))]
    assert strangers == []
