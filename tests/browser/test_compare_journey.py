"""Compare in a real browser: one zoom for all pictures, by pointer and by keyboard."""

from __future__ import annotations

import pytest

from tests.browser.test_journey import settle

CASE = "case=spiculated-carcinoma&methods=mtl_cosa,mtl"


def windows(page) -> list[list[float]]:
    """What each picture shows: left, top, width and height in fractions of its image."""
    boxes = page.locator(".stage svg").evaluate_all(
        "found => found.map(svg => svg.getAttribute('viewBox').split(' ').map(Number))"
    )
    return [[round(part / 2560, 3) for part in box] for box in boxes]  # 256 px in tenths


def drag(page, picture, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one place of a picture to another, in fractions of it."""
    box = picture.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()


def test_all_pictures_follow_one_zoom(server, page):
    received = []
    take = lambda frame: received.append(frame)  # noqa: E731
    page.on("websocket", lambda socket: socket.on("framereceived", take))
    page.goto(f"{server}/compare?{CASE}")
    page.wait_for_selector("h3:has-text('Where they agree')")
    page.locator(".stage").nth(3).wait_for()
    settle(page)
    assert windows(page) == [[0, 0, 1, 1]] * 4  # two networks, votes, disagreement

    # The image is not stretched, and each picture says what it shows.
    for stage in page.locator(".stage").all():
        box = stage.bounding_box()
        assert box["width"] == pytest.approx(box["height"], rel=0.01)
    told = page.locator(".stage img").evaluate_all("found => found.map(image => image.alt)")
    assert all("outlines" in alt or "networks" in alt for alt in told)
    assert page.locator(".stage img").evaluate_all(
        "found => found.every(image => image.complete && image.naturalWidth === 256)"
    )
    assert any(b"data:image/jpeg" in frame for frame in received)

    # A box drawn in one picture is what all of them show, and dragging moves them all.
    page.locator(".stage").first.scroll_into_view_if_needed()
    second = page.locator(".stage").nth(1)
    drag(page, second, (0.3, 0.2), (0.7, 0.6))
    drawn = windows(page)
    assert drawn[0] == pytest.approx([0.3, 0.2, 0.4, 0.4], abs=0.02) and drawn == drawn[:1] * 4
    drag(page, second, (0.5, 0.5), (0.25, 0.5))
    assert windows(page)[3] == pytest.approx([0.4, 0.2, 0.4, 0.4], abs=0.02)

    # A new threshold draws new outlines and leaves the zoom alone; the image is not sent again.
    path = page.locator(".stage path").nth(1)
    before = path.get_attribute("d")
    received.clear()
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(300):
        if path.get_attribute("d") != before:
            break
        page.wait_for_timeout(100)
    assert path.get_attribute("d") != before
    settle(page)
    assert windows(page)[0] == pytest.approx([0.4, 0.2, 0.4, 0.4], abs=0.02)
    assert received and not any(b"data:image/jpeg" in frame for frame in received)

    # The same by keyboard.
    page.locator(".grid").first.focus()
    page.keyboard.press("0")
    assert windows(page) == [[0, 0, 1, 1]] * 4
    page.keyboard.press("+")
    page.keyboard.press("ArrowDown")
    assert windows(page)[2] == pytest.approx([0.1, 0.2, 0.8, 0.8], abs=0.02)
    page.get_by_role("button", name="Zoom to the lesion").first.click()
    left, top, width, _ = windows(page)[0]
    assert width < 0.8 and left > 0 and top > 0

    # The mirror shows the same place, turned.
    page.get_by_text("Case and its mirror").click()
    page.locator(".stage").nth(5).wait_for()
    settle(page)
    assert "compare=mirror" in page.url
    drag(page, page.locator(".stage").nth(1), (0.1, 0.2), (0.5, 0.6))
    as_it_is, mirrored, both = windows(page)[:3]
    assert mirrored == pytest.approx([0.1, 0.2, 0.4, 0.4], abs=0.02)
    assert as_it_is == both == pytest.approx([0.5, 0.2, 0.4, 0.4], abs=0.02)
