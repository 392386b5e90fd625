"""`python -m mtlbus explain`: numbers to stdout, arrays and pictures to a folder."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mtlbus.cli import main
from mtlbus.data.phantom import make_phantom, random_parameters

from ..made import untrained_checkpoint


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A checkpoint of MTL with random weights, a wide image and its true mask."""
    folder = tmp_path_factory.mktemp("explain")
    phantom = make_phantom(random_parameters(11), 128)
    Image.fromarray(phantom.image[20:110]).save(folder / "image.png")
    Image.fromarray(phantom.mask[20:110].astype(np.uint8) * 255).save(folder / "mask.png")
    return (
        untrained_checkpoint(folder / "mtl", "mtl").folder,
        folder / "image.png",
        (folder / "mask.png"),
    )


def run(capsys, files, *arguments: str) -> tuple[int, str, str]:
    code = main(["explain", str(files[1]), "--method", str(files[0]), *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_maps_come_with_numbers_arrays_and_pictures(capsys, files, tmp_path):
    code, out, err = run(
        capsys, files, "--attribution", "deeplift", "--attribution", "gradcam", "--placebo",
        "--target", "mask:difference:truth", "--truth", str(files[2]), "--out", str(tmp_path),
        "--settings", "baseline=black", "--json",
    )  # fmt: skip
    assert code == 0 and err.split() == ["deeplift", "gradcam", "deeplift_placebo",
                                         "gradcam_placebo"]  # fmt: skip
    document = json.loads(out)
    assert document["target"] == "mask:difference:truth"
    assert document["settings"] == "baseline=black"
    deeplift, gradcam = document["maps"]
    assert deeplift["sum"] == pytest.approx(deeplift["should_be"], rel=1e-2)
    assert deeplift["completeness_error"] < 0.01 and gradcam["sum"] is None
    assert len(document["files"]) == 5
    with np.load(document["files"][0]) as arrays:
        assert arrays["gradcam"].shape == arrays["image"].shape == (90, 128)
        row, column = gradcam["strongest"]
        assert arrays["gradcam"][row, column] == arrays["gradcam"].max()
        assert "not a medical device" in str(arrays["README"])
    assert {Image.open(file).width for file in document["files"][1:]} == {480}


def test_a_method_that_cannot_serve_is_an_entry_and_a_non_zero_exit(capsys, files, tmp_path):
    segmenter = untrained_checkpoint(tmp_path, "uresnet").folder
    code, out, err = run(
        capsys, (segmenter, *files[1:]), "--attribution", "gradcam", "--attribution", "saliency",
        "--target", "mask:tumour:image", "--json",
    )  # fmt: skip
    assert code == 1 and "mtlbus: Grad-CAM needs a feature map" in err
    gradcam, saliency = json.loads(out)["maps"]
    assert gradcam.keys() == {"attribution", "error"} and saliency["gradients"] == 1


def test_without_json_it_is_a_table(capsys, files):
    code, out, _ = run(capsys, files, "--attribution", "saliency", "--target", "class:benign")
    first, header, row = out.splitlines()
    assert code == 0 and first.startswith("logit of benign: ")
    assert header.split()[0] == "attribution" and row.split()[0] == "saliency"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--attribution", "gradcamm"], "Did you mean 'gradcam'"),
        (["--target", "class:malign"], "Did you mean 'malignant'"),
        (["--target", "mask:tumour:truth"], "true lesion of this image is unknown"),
        (["--settings", "steps=1"], "2 to 256"),
        (["--settings", "layer=no_map"], "Allowed: pooled_features"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, files, arguments, says):
    code, out, err = run(capsys, files, *arguments)
    assert code == 1 and out == "" and says in err.splitlines()[-1]
    assert [line for line in err.splitlines() if line.startswith("mtlbus: ")] == [
        err.splitlines()[-1]
    ]


def test_a_true_mask_of_another_size_is_refused(capsys, files, tmp_path):
    Image.fromarray(np.zeros((30, 20), np.uint8)).save(tmp_path / "small.png")
    code, _, err = run(capsys, files, "--truth", str(tmp_path / "small.png"))
    assert code == 1 and "20×30 px, the image 128×90 px" in err


def test_no_map_of_an_image_that_no_network_is_asked_about(capsys, files, tmp_path):
    Image.fromarray(np.full((200, 200), 90, np.uint8)).save(tmp_path / "blank.png")
    code = main(["explain", str(tmp_path / "blank.png"), "--method", str(files[0])])
    out, err = capsys.readouterr()
    assert code == 1 and not out and "blank.png is refused. It is blank" in err
