"""A real server, asked as its visitors ask it: what it refuses, and what it forgets."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.ui import visits
from mtlbus.ui.first_page import first_page
from mtlbus.ui.frame import ENTRIES
from mtlbus.ui.panels.zoom_panels import jpeg_address
from tests.app.stand_ins import write_stand_in
from tests.app.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024**2
WORDS = "what only the administrator may read"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl", seed=70)
    data = tmp_path_factory.mktemp("data")
    (data / "secret.csv").write_text("image,mask,label,group\n" + WORDS)
    (data / "secret.png").write_bytes(picture())
    (data / "offered").mkdir()
    (data / "offered" / "link.csv").symlink_to(data / "secret.csv")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.served", str(port)], cwd=ROOT,
        env={
            **os.environ, "MTLBUS_CHECKPOINTS": str(root), "SECRET_FILE": str(data / "secret"),
            "MTLBUS_DATA": f"folder={data / 'offered'}",
        },
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if process.poll() is not None:
                pytest.fail("the server ended at its start")
            try:
                if get(address, "/_stcore/health")[0] == 200:
                    break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail("the server did not start within 60 s")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def get(address: str, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def look(address: str, word: str) -> dict[str, int]:
    return json.loads(get(address, f"/look?word={word}")[2])


def picture(case: str = "simple-cyst") -> bytes:
    file = io.BytesIO()
    Image.fromarray(make_phantom(GALLERY[case].parameters).image).save(file, "PNG")
    return file.getvalue()


def media_of(visitor: Visitor) -> list[str]:
    """Addresses of the pictures of a page."""
    return [
        image.url
        for message in visitor.seen
        for image in message.delta.new_element.imgs.imgs
        if image.url.startswith("/media/")
    ]


@pytest.mark.parametrize("path", ["/", "/predict", "/_stcore/health", "/_stcore/host-config"])
def test_every_answer_says_who_may_frame_it_and_what_it_loads(address, path):
    status, headers, _ = get(address, path)
    assert status == 200
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy and "object-src 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "img-src 'self' data: blob:" in policy  # no picture of another host


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/predict/foo", "predict/foo"),
        ("/a/b/c.png", "a/b/c.png"),
        ("/prdict", "prdict"),
        ("/home", "home"),
        ("/a%E2%80%AE<img>", "a\\u202e&lt;img&gt;"),
        ("/" + 90 * "x", 59 * "x" + "…"),
    ],
)
def test_an_address_that_leads_nowhere_gets_one_line_and_the_ways_on(address, path, shown):
    status, headers, content = get(address, path)
    assert status == 404 and headers["Content-Security-Policy"]
    page = content.decode()
    assert f"The explorer has no page <strong>{shown}</strong>. Choose one of these:" in page
    assert "<script" not in page and page.count("<a href=") == len(ENTRIES)
    for way in re.findall(r'<a href="(.*?)">', page):
        status, _, content = get(address, way)
        assert status == 200 and content.decode() == first_page()


@pytest.mark.parametrize(
    "path",
    ["/_stcore/metrics", "/_stcore/metrics/", "/x/_stcore/metrics", "/_stcore/%6detrics",
     "/_stcore/metrics?families=session_events_total"],
)  # fmt: skip
def test_the_metrics_are_closed(address, path):
    assert get(address, path)[0] == 404


def test_a_huge_cookie_is_refused_before_anybody_reads_it(address):
    """Python before 3.11.10 unquotes it in a time that grows with the square of its length."""
    cookie = 'a="' + "\\0" * 20_000 + '"'
    started = time.perf_counter()
    assert get(address, "/", Cookie=cookie)[0] == 431
    with pytest.raises(InvalidStatus), connect(
        f"{address.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"],
        additional_headers={"Cookie": cookie[:8100]},
    ):  # fmt: skip
        pass
    assert time.perf_counter() - started < 5
    assert get(address, "/", Cookie="a=b")[0] == 200


def test_no_visitor_empties_caches_or_asks_for_the_repository(address):
    with Visitor(address) as visitor:
        visitor.visit()
        for name in ("clear_cache", "load_git_info", "set_run_on_save"):
            message = BackMsg()
            setattr(message, name, True)
            visitor.send(message)
        visitor.visit("predict")
        kinds = {message.WhichOneof("type") for message in visitor.seen}
        assert "git_info_changed" not in kinds


def test_no_file_of_a_visitor_touches_the_disk(address):
    with Visitor(address) as visitor:
        visitor.visit("predict")
        assert visitor.put("large.bin", os.urandom(3 * MEGABYTE))[0] == 204
    assert look(address, "x")["to_disk"] == 0


def test_files_have_a_bound_for_one_visitor_and_for_all(address):
    """Here 7 MB for one and 11 MB for all."""
    assert not any(forgotten(address, "nothing").values())
    with Visitor(address) as first, Visitor(address) as second:
        first.visit("predict")
        second.visit("predict")
        two = os.urandom(2 * MEGABYTE)
        assert [first.put(f"{n}.bin", two)[0] for n in range(4)] == [204, 204, 204, 507]
        assert [second.put(f"{n}.bin", two)[0] for n in range(3)] == [204, 204, 507]
    assert not any(forgotten(address, "nothing").values())
    with Visitor(address) as third:  # room comes back with those who leave
        third.visit("predict")
        assert third.put("x.bin", two)[0] == 204
    assert not any(forgotten(address, "nothing").values()), "the next test counts files from none"


def forgotten(address: str, word: str, seconds: float = 30) -> dict[str, int]:
    """What is left of an image when its visitor is gone; waits until nothing is."""
    end = time.monotonic() + seconds
    while True:
        found = look(address, word)
        if not any(found.values()) or time.monotonic() > end:
            return found
        time.sleep(0.3)


@pytest.mark.parametrize("page", ["predict", "compare", "attention", "attributions"])
def test_nothing_of_a_closed_session_is_left_after_one_collection(address, page):
    name, content = f"secret-{page}.png", picture()
    digest = hashlib.sha256(content).hexdigest()
    visitor = Visitor(address)
    visitor.visit(page, method="mtl", methods="mtl")
    assert visitor.upload("Upload", name, content) == 204
    found, pictures = look(address, name), media_of(visitor)
    assert found["images"] >= 1 and found["files"] == 1
    assert look(address, digest)["results"] >= 1
    if pictures:
        status, headers, _ = get(address, pictures[0])
        assert status == 200 and headers["Cache-Control"] == "no-store"
    visitor.close()
    nothing = {"images": 0, "results": 0, "files": 0, "sessions": 0, "to_disk": 0, "secret": 0}
    assert forgotten(address, name) == nothing and forgotten(address, digest) == nothing
    assert all(get(address, url)[0] == 404 for url in pictures)


def test_what_runs_leave_in_circles_is_collected_beside_them_and_not_at_their_end(monkeypatch):
    assert not config.get_option("runner.postScriptGC")
    monkeypatch.setattr(visits, "EVERY", 0)
    monkeypatch.setattr(visits, "_LAST_SEEN", {"session": time.monotonic()})
    circle = type("Circle", (), {})()
    circle.itself, gone = circle, weakref.ref(circle)
    del circle
    with pytest.raises(TimeoutError):
        here = SimpleNamespace(is_active_session=lambda session: True)
        asyncio.run(asyncio.wait_for(visits.look_after(here), 0.05))
    assert gone() is None


def test_what_two_visitors_gave_stays_for_the_one_who_stays(address):
    content = picture("spiculated-carcinoma")
    digest = hashlib.sha256(content).hexdigest()
    with Visitor(address) as staying:
        staying.visit("predict", method="mtl")
        staying.upload("Upload", "mine.png", content)
        leaving = Visitor(address)
        leaving.visit("predict", method="mtl")
        leaving.upload("Upload", "yours.png", content)
        results = look(address, digest)["results"]
        leaving.close()
        time.sleep(3)
        assert look(address, "yours.png")["images"] == 0
        assert look(address, digest)["results"] == results > 0


def test_a_link_opens_nothing_of_another_session(address):
    content, drawn = (
        picture("lipoma"),
        jpeg_address(make_phantom(GALLERY["lipoma"].parameters).image),
    )
    case = f"upload:{hashlib.sha256(content).hexdigest()[:12]}"
    with Visitor(address) as owner, Visitor(address) as other:
        owner.visit("predict", method="mtl")
        owner.upload("Upload", "hers.png", content)
        mine, others = (
            b"".join(message.SerializeToString() for message in visitor.visit("predict", case=case))
            for visitor in (owner, other)
        )
    for secret in (b"hers.png", drawn.encode()):
        assert secret in mine and secret not in others
    assert b"upload it again" in others


@pytest.mark.parametrize("page", ["home", "predict", "compare", "attention", "attributions"])
def test_a_page_about_a_refused_image_has_it_in_its_address(address, page):
    """Otherwise a reload of the page shows another image, with a verdict."""
    buffer = io.BytesIO()
    Image.new("L", (240, 200), 130).save(buffer, "PNG")
    with Visitor(address) as visitor:
        visitor.visit("methods")
        assert visitor.upload("Upload", "blank.png", buffer.getvalue()) == 204
        seen = visitor.visit(page)
        told = [
            message.page_info_changed.query_string
            for message in seen
            if message.WhichOneof("type") == "page_info_changed"
        ]
        assert len(told) == 1 and "case=upload" in told[0]


# The parameters of links. None may break a page, open a file or call a stranger.
CHOICES = ("method", "methods", "map", "attributions", "target", "settings")
LINKS = [
    *({"case": value} for value in (
        "manifest:../secret.csv", "folder:../secret.png", "folder:..%2Fsecret.png",
        "busi:1", "busbra:bus_0001-l", "manifest:secret.csv", "phantom:1", "upload:000000000000",
        "upload:", ":", "::", "folder:", "folder:\0", "x" * 5000, "\u202e\x1b[31m", "../../etc",
        "file:///etc/hostname", "http://127.0.0.1:9/x.png", "![](http://127.0.0.1:9/x.png)",
        "<img src=x onerror=alert(1)>", "None", "[]", "{}",
    )),
    *({**dict.fromkeys(CHOICES, value), "method": "mtl"} for value in (
        "../../secret", "folder:../secret.csv", "\0", "-1", "1e999", "a,b,,c",
        "![](http://127.0.0.1:9/x.png)", "x" * 3000,
    )),
    {"method": "../../secret"}, {"method": "\0"}, {"method": "x" * 3000},
    {"mask_threshold": "nan", "mask_fill": "-1", "tab": "\0", "paper": "<b>", "embed": "true"},
    {"mask_threshold": "1e999", "second": "folder:../secret.png", "compare": "two"},
]  # fmt: skip


@pytest.mark.parametrize("page", ["predict", "compare", "attention", "attributions", "methods"])
def test_no_link_breaks_a_page_or_opens_what_is_not_offered(address, page):
    failed = []
    for link in LINKS:
        with Visitor(address) as visitor:
            messages = visitor.visit(page, **{"method": "mtl", **link})
        kinds = {message.delta.new_element.WhichOneof("type") for message in messages}
        told = " ".join(map(str, messages))
        if "exception" in kinds or WORDS in told or "Something unforeseen" in told:
            failed.append({name: value[:60] for name, value in link.items()})
    assert failed == []
    assert look(address, "x")["secret"] == 0


@pytest.mark.parametrize(
    "path",
    ["/app/static/secret.csv", "/static/..%2f..%2fapp.py", "/static/../../app.py",
     "/component/zoom_panels/../../secret.csv", "/component/x/%2e%2e/app.py", "/media/../app.py",
     "/_stcore/bidi-components/../app.py", "/_stcore/bidi-components/x/..%2f..%2fapp.py",
     "//etc/hostname", "/%5c%5chost/share", "/_stcore/upload_file/x/y", "/_stcore/agent/run",
     "/app.py", "/.streamlit/config.toml", "/pages/predict.py", "/checkpoints/mtl/card.json"],
)  # fmt: skip
def test_no_address_serves_a_file_of_the_repository(address, path):
    _, _, content = get(address, path)
    assert b"mtlbus.ui" not in content and b"maxUploadSize" not in content
    assert b"weights_sha256" not in content and WORDS.encode() not in content
