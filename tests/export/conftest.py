"""Views of networks with random weights: for wiring, never for quality."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtlbus.checkpoints import list_checkpoints, sha256
from mtlbus.data.intake import GreyImage
from mtlbus.evaluation.intervals import BOOTSTRAP
from mtlbus.evaluation.tables import read_predictions
from mtlbus.explain.attributions import attribute
from mtlbus.explain.options import Options
from mtlbus.explain.subject import Subject
from mtlbus.explain.targets import Target
from mtlbus.export.case_views import CompareView, MirrorView, TwoCasesView
from mtlbus.export.drawing import Palette
from mtlbus.export.views import AttentionView, AttributionView, Judged, PerformanceView
from mtlbus.findings import Finding, find
from mtlbus.inference.loaded import prepare
from mtlbus.inference.mirror import mirror_of
from mtlbus.inference.predictor import Predictor
from mtlbus.ui.case import Case
from mtlbus.ui.cases import phantom_case
from tests.app.stand_ins import write_stand_in

HOSTILE = '=cmd|"</title><script>alert(1)</script>" `$(x)` **b** \\ \'""".png'
PALETTE = Palette("#009E73", "#D55E00", "#56B4E9", "#F0E442", ("#2F86C9", "#CC79A7"))


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> Path:
    """Networks with mask and class, with a mask only, and with a class only."""
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, method in enumerate(("mtl_cosa", "mtl", "uresnet", "resnet")):
        bootstrap = BOOTSTRAP if method == "mtl_cosa" else 50  # its card is computed again
        write_stand_in(root, method, seed=seed + 60, bootstrap=bootstrap)
    return root


@pytest.fixture(scope="session")
def networks(weights) -> dict[str, Predictor]:
    return {name: Predictor(found) for name, found in list_checkpoints(weights).items()}


@pytest.fixture(autouse=True)
def here(weights, monkeypatch):
    """Notebooks find these weights."""
    monkeypatch.setenv("MTLBUS_CHECKPOINTS", str(weights))


@pytest.fixture(scope="session")
def uploaded() -> Case:
    """A wide image with a name that wants to be code, and a true outline."""
    pixels = np.random.default_rng(3).integers(0, 255, (90, 120), dtype=np.uint8)
    truth = np.zeros(pixels.shape, bool)
    truth[20:60, 30:90] = True
    digest = hashlib.sha256(b"the file").hexdigest()
    image = GreyImage(pixels, digest, ("colour turned to grey",), HOSTILE, (0.1, 0.2))
    return Case("upload:123", HOSTILE, image, truth, None, "upload", f"Uploaded {HOSTILE}")


@pytest.fixture(scope="session")
def phantom() -> Case:
    return phantom_case("lipoma")


@pytest.fixture(scope="session")
def predict_view(networks):
    """Makes a finding on a case; the median as threshold gives a mask worth measuring."""

    def make(case: Case, method: str = "mtl_cosa", maps: bool = False) -> Finding:
        found = networks[method].predict(case.image, maps=maps)
        plane = found.mask_probability
        threshold = 0.5 if plane is None else float(np.median(plane))
        return find(case, found, networks[method].checkpoint, (), threshold)

    return make


@pytest.fixture(scope="session")
def compare_view(predict_view):
    def make(case: Case) -> CompareView:
        views = [predict_view(case, name) for name in ("mtl", "uresnet", "resnet")]
        shared = views[0].mask_threshold
        return CompareView(case, tuple(replace(one, mask_threshold=shared) for one in views))

    return make


@pytest.fixture(scope="session")
def mirror_view(compare_view):
    def make(case: Case) -> MirrorView:
        first, second = compare_view(case), compare_view(mirror_of(case))
        shared = first.views[0].mask_threshold
        turned = tuple(replace(one, mask_threshold=shared) for one in second.views)
        return MirrorView(first, CompareView(second.case, turned))

    return make


@pytest.fixture(scope="session")
def two_cases_view(compare_view):
    def make(case: Case, other: Case) -> TwoCasesView:
        first, second = compare_view(case), compare_view(other)
        shared = first.views[0].mask_threshold
        views = tuple(replace(one, mask_threshold=shared) for one in second.views)
        return TwoCasesView(first, CompareView(other, views))

    return make


@pytest.fixture(scope="session")
def attention_view(predict_view):
    def make(case: Case) -> AttentionView:
        found = predict_view(case, maps=True).prediction
        names = ("region_weights", next(n for n, m in found.maps.items() if m.kind == "attention"))
        return AttentionView(
            case, found.method, "MTL-COSA", found.weights_sha256, None, found.maps, names,
            found.frame,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def attribution_view(predict_view, networks):
    def make(case: Case, target: str, options: str, names: tuple[str, ...]) -> AttributionView:
        view, network = predict_view(case), networks["mtl_cosa"]
        prepared, found = prepare(case.image, network.size), view.prediction
        lesion = found.mask_square > view.mask_threshold
        subject = Subject.of(
            network, prepared.grey, prepared.frame, Target.parse(target), lesion, case.truth
        )
        made = {name: attribute(subject, name, Options.parse(options)) for name in names}
        return AttributionView(
            case, "mtl_cosa", "MTL-COSA", found.weights_sha256, Target.parse(target),
            Options.parse(options), made, view.mask_threshold, case.truth, True,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def performance_view(weights) -> PerformanceView:
    methods = []
    for name in ("mtl", "uresnet"):
        path = weights / name / "predictions.csv"
        rows = read_predictions(path)
        rows = rows[(rows["part"] == "test") & (rows["dataset"] != "phantom")]
        threshold = 0.4 if name == "mtl" else None
        methods.append(Judged(name, name, sha256(path.read_bytes()), threshold, rows))
    return PerformanceView("real", "real images, pooled", tuple(methods))
