"""A real server, asked as its visitors ask it: what it refuses, and what it forgets."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mtlbus.data.phantom import GALLERY, make_phantom
from tests.app.stand_ins import write_stand_in
from tests.app.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    write_stand_in(root, "mtl", seed=70)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.served", str(port)], cwd=ROOT,
        env={**os.environ, "MTLBUS_CHECKPOINTS": str(root)},
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
    nothing = {"images": 0, "results": 0, "files": 0, "sessions": 0, "to_disk": 0}
    assert forgotten(address, name) == nothing and forgotten(address, digest) == nothing
    assert all(get(address, url)[0] == 404 for url in pictures)


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
