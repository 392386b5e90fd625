"""One image says the same on the page, on the command line and in a notebook."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from mtlbus.cli import main
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import GALLERY, make_phantom
from mtlbus.export.recipes import notebook_of
from mtlbus.ui import cases, services
from mtlbus.ui.finding import finding_of
from mtlbus.ui.predict import files
from tests.app.stand_ins import write_stand_in
from tests.export.test_notebooks import run

_OF_THE_PLACE = {"image", "files", "case", "image_size_px", "seconds"}  # a path, a title, a time


def read(text: str):
    """JSON whose numbers are rounded as far as two runs may differ."""
    return json.loads(text, parse_float=lambda digits: round(float(digits), 5))


@pytest.mark.parametrize(
    ("method", "inverted"), [("mtl", False), ("mtl", True), ("uresnet", False), ("resnet", True)]
)
def test_page_command_line_and_notebook_say_the_same(
    method, inverted, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(tmp_path))
    write_stand_in(tmp_path, method)
    pixels = make_phantom(GALLERY["large-carcinoma"].parameters, 128).image
    path = tmp_path / "scan.png"
    Image.fromarray(255 - pixels if inverted else pixels).save(path)

    case = cases.from_upload("upload:1", read_image(path))
    finding = finding_of(case, services.predict(case, method))
    page = read(files.as_json(finding))
    main(["predict", str(path), "--method", str(tmp_path / method), "--json"])
    (command_line,) = read(capsys.readouterr().out)
    (again,) = run(notebook_of(finding))["found"]
    notebook = read(json.dumps(again.numbers()))

    assert page["image"] == "scan.png" and command_line["image"] == str(path)
    shared = page.keys() - _OF_THE_PLACE
    assert shared == command_line.keys() - _OF_THE_PLACE == notebook.keys() - _OF_THE_PLACE
    for name in shared:
        assert page[name] == command_line[name], name
        if name != "notes":  # of the way in, which the notebook's image did not go
            assert page[name] == notebook[name], name
    assert page["input"] == ("caution" if inverted else "ok")
    assert page["cautious"] and page["terms"].startswith("Research and education only")
