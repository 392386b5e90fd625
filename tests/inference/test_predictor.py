"""From an image to a prediction in its own grid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from mtlbus import load, predict
from mtlbus.checkpoints import Checkpoint
from mtlbus.core.errors import InputError
from mtlbus.core.outputs import positive_probability
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.data.transforms import normalise, square_image
from mtlbus.figures.overlay import encode_png
from mtlbus.inference.loaded import prepare
from mtlbus.inference.predictor import Predictor, predict_all
from mtlbus.protocol import renew_spec
from mtlbus.protocol.renewal import write_card
from tests.made import untrained_checkpoint


@pytest.fixture(scope="module")
def predictor(tmp_path_factory) -> Predictor:
    return Predictor(untrained_checkpoint(tmp_path_factory.mktemp("cosa")), "cpu")


@pytest.fixture(scope="module")
def image():
    pixels = make_phantom(random_parameters(5), 256).image[:180]
    return read_image(encode_png(pixels), "phantom.png")


def test_it_is_the_network_and_nothing_else(predictor, image):
    """The same numbers by hand: pad, scale, normalise, forward, activate."""
    grey = square_image(image.pixels, 256)[None]
    with torch.inference_mode():
        output = predictor.model(normalise(grey, predictor.mean, predictor.std))
    found = predictor.predict(image)
    expected = float(positive_probability(output.class_logits["malignancy"])[0])
    assert found.probability == pytest.approx(expected, abs=1e-5)
    square = positive_probability(output.mask_logits)[0].numpy()
    assert np.abs(found.mask_square - square).max() < 1e-4
    assert found.image_sha256 == image.sha256
    assert found.weights_sha256 == predictor.checkpoint.digest


def test_results_lie_on_the_images_own_grid(predictor, image):
    found = predictor.predict(image, maps=True)
    assert found.mask_probability.shape == image.pixels.shape == (180, 256)
    assert found.mask().dtype == bool and found.mask(1.0).sum() == 0
    assert found.maps["regions"].tensor.shape == (3, 256, 256)
    assert predictor.predict(image).maps == {}


def test_a_readers_outline_takes_the_place_of_the_networks(predictor, image):
    drawn = np.zeros(image.pixels.shape, bool)
    drawn[40:120, 60:200] = True
    found = predictor.predict(image, maps=True, outline=drawn)
    square = torch.zeros(1, 256, 256)
    square[0, 40 + 38 : 120 + 38, 60:200] = 1  # 180 of 256 rows: 38 are padded above
    grey = square_image(image.pixels, 256)[None]
    with torch.inference_mode():
        inputs = normalise(grey, predictor.mean, predictor.std)
        output = predictor.model(inputs, given_mask=square)
    expected = float(positive_probability(output.class_logits["malignancy"])[0])
    assert predictor.reads_outline and found.probability == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(found.mask(), drawn) and found.maps["regions"].tensor[1].sum() == 74 * 134
    assert found.presence is None and found.outline_sha256
    assert predictor.predict(image).outline_sha256 == ""
    with pytest.raises(InputError, match="same size"):
        predictor.predict(image, outline=drawn[:90])


def test_several_methods_share_one_preparation(predictor, image, monkeypatch):
    import mtlbus.inference.loaded as module

    calls = []
    original = module.prepare
    monkeypatch.setattr(module, "prepare", lambda *a: calls.append(a) or original(*a))
    together = predict_all([predictor, predictor, predictor], image)
    assert len(calls) == 1 and len({p.logit for p in together}) == 1
    assert together[0].logit == pytest.approx(predictor.predict(image).logit, abs=1e-6)


def test_a_wrong_preparation_is_refused(predictor, image):
    with pytest.raises(InputError, match="prepared at 128 px"):
        predictor.predict(prepare(image, 128))


def test_an_image_is_prepared_as_the_card_says(tmp_path, image):
    checkpoint = untrained_checkpoint(tmp_path / "mtl", "mtl")
    write_card(checkpoint, {"spec": {**checkpoint.card.to_json()["spec"], "fit": "resize"}})
    wide = read_image(encode_png(image.pixels[:100].copy()), "wide.png")
    stretched = Predictor(Checkpoint(tmp_path / "mtl"))
    prepared = stretched.prepare(wide)
    assert prepared.frame.fit == "resize" and (prepared.grey[0, 0, -1] > 0).any()
    assert stretched.predict(wide).mask_probability.shape == wide.pixels.shape
    with pytest.raises(InputError, match=r"needs 256 px \(resize\)"):
        stretched.predict(prepare(wide))
    renew_spec(Checkpoint(checkpoint.folder))
    assert Checkpoint(checkpoint.folder).card.spec.fit == "resize", "it belongs to the weights"


def test_threads_share_a_predictor(predictor, image):
    flipped = read_image(encode_png(image.pixels[:, ::-1].copy()), "flipped.png")
    alone = [predictor.predict(one).logit for one in (image, flipped)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(predictor.predict, [image, flipped] * 4))
    for index, prediction in enumerate(found):
        assert prediction.logit == pytest.approx(alone[index % 2], abs=1e-5)
        assert prediction.image_sha256 == (image, flipped)[index % 2].sha256


def test_the_public_face(tmp_path, image):
    folder = tmp_path / "resnet"
    untrained_checkpoint(folder, "resnet")
    path = tmp_path / "image.png"
    path.write_bytes(encode_png(image.pixels))
    found = predict(path, folder)
    assert found.mask_probability is None and found.mask() is None
    assert found.probability == load(folder).predict(image).probability
