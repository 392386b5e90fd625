"""The nearest test images, by a brute-force search, and a file that does not belong."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from mtlbus.checkpoints import list_checkpoints
from mtlbus.core.errors import CheckpointError
from mtlbus.evaluation.tables import read_predictions
from mtlbus.inference.similar import FILE, read_similar, write_similar
from tests.made import untrained_checkpoint

ROWS = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float16)
IMAGES = [("busi", f"benign ({n})") for n in range(50)]


def test_the_nearest_are_kept_and_found(tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights", "lenet")
    assert read_similar(checkpoint) is None
    assert write_similar(checkpoint, IMAGES, ROWS).stat().st_size < 10_000
    places = read_similar(checkpoint)
    asked = ROWS[7].astype(np.float32) + 0.01
    expected = NearestNeighbors(n_neighbors=7).fit(ROWS.astype(float)).kneighbors(asked[None])
    found = places.nearest(asked)
    assert [one.image_id for one in found] == [IMAGES[i][1] for i in expected[1][0][:6]]
    assert [one.distance for one in found] == pytest.approx(expected[0][0][:6], abs=1e-3)
    without = places.nearest(asked, without={IMAGES[7]})
    assert [one.image_id for one in without] == [IMAGES[i][1] for i in expected[1][0][1:]]


@pytest.mark.parametrize("damage", ["other weights", "cut"])
def test_a_file_that_does_not_belong_is_not_used(damage, tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "weights", "lenet")
    source = checkpoint
    if damage == "other weights":
        source = untrained_checkpoint(tmp_path / "other", "lenet", seed=1)
    content = write_similar(source, IMAGES, ROWS).read_bytes()
    (checkpoint.folder / FILE).write_bytes(content[:-99] if damage == "cut" else content)
    with pytest.raises(CheckpointError, match="is not used"):
        read_similar(checkpoint)


SHIPPED = [name for name, one in list_checkpoints().items() if (one.folder / FILE).is_file()]


@pytest.mark.parametrize("method", SHIPPED)
def test_what_ships_belongs_to_its_weights_and_was_judged(method):
    checkpoint = list_checkpoints()[method]
    found = read_similar(checkpoint)
    rows = read_predictions(checkpoint.predictions)
    judged = rows.loc[rows["part"] == "test", ["dataset", "image_id"]]
    assert found is not None
    assert set(found.images) <= set(judged.itertuples(index=False, name=None))
    assert np.isfinite(found.places).all()
    assert (checkpoint.folder / FILE).stat().st_size <= 300_000
