"""CTAN and its rivals: the sizes of the paper, the crossing, and tasks other than ultrasound's."""

from __future__ import annotations

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from mtlbus.core.errors import CheckpointError, InputError, UnknownNameError
from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION, Task
from mtlbus.evaluation.gains import task_gain
from mtlbus.methods import create_model, get_spec
from mtlbus.nn.staged_resnet import StagedResNet
from mtlbus.training.loss_weighting import DynamicWeightAverage
from mtlbus.training.losses import task_losses
from mtlbus.training.recipes import paper_recipe
from tests.evaluation.test_task_metrics import judged
from tests.made import narrow

FAMILY = ("ctan", "mtan", "hps", "stl_segmentation", "stl_classification")
ORGANS = Task("organs", "pixel_class", ("background", "bladder", "rectum"))
DOSE = Task("dose", "pixel_regression")
DIAGNOSIS = Task("diagnosis", "image_class", ("nevus", "melanoma", "keratosis"))
COVID = Task("covid", "image_class", ("negative", "positive"))
SEVERITY = Task("severity", "image_class", ("mild", "severe"))

# The three task sets of the paper (section 2.4).
TASK_SETS = ((ORGANS, DOSE), (SEGMENTATION, DIAGNOSIS), (COVID, SEVERITY))
SET_NAMES = ("pixel and dose", "pixel and image", "image and image")


@pytest.fixture(scope="module")
def paper():
    torch.manual_seed(0)
    return create_model("ctan", "paper").eval()


def test_sizes_of_the_paper_variant(paper):
    """The table of section 2.3 for one 256×256 image."""
    count = sum(parameter.numel() for parameter in paper.parameters())
    assert count == pytest.approx(49.6e6, rel=0.01)
    embeddings = [stage.masks[0][0][0] for stage in paper.cross_encoders]
    assert [layer.in_channels for layer in embeddings] == [256, 768, 1536, 3072]
    assert [layer.out_channels for layer in embeddings] == [64, 128, 256, 512]
    with torch.inference_mode():
        stages = paper.encoder(torch.randn(1, 3, 256, 256))
        sizes = ((256, 64), (512, 32), (1024, 16), (2048, 8))
        pooled = ((256, 32), (512, 16), (1024, 8), (2048, 8))
        streams = None
        for module, (before, last), size, after in zip(
            paper.cross_encoders, stages, sizes, pooled, strict=True
        ):
            gate = module(before, last, streams)
            streams = gate.attended
            for tensor in (before, last, *gate.masks, *gate.gated):
                assert tensor.shape == (1, size[0], size[1], size[1])
            for tensor in streams:
                assert tensor.shape == (1, after[0], after[1], after[1])
        crossed = paper.cross_bottleneck(streams)
        output = paper(torch.randn(1, 3, 256, 256), maps=True)
    assert [tuple(x.shape) for x in crossed.features] == [(1, 512, 8, 8)] * 2
    assert [tuple(x.shape) for x in crossed.weights] == [(1, 64, 64)] * 2
    assert output.mask_logits.shape == (1, 1, 256, 256)
    assert output.class_logits[MALIGNANCY.name].shape == (1, 2)
    assert output.maps["pooled_features"].tensor.shape == (1, 512, 4, 4)


def test_staging_keeps_the_resnet(tmp_path):
    """The stages are those of timm's ResNet-50, and weights from a file arrive in them."""
    body = timm.create_model("resnet50", zero_init_last=False)
    save_file(body.state_dict(), tmp_path / "resnet50.safetensors")
    encoder = StagedResNet("paper", tmp_path / "resnet50.safetensors").eval()
    taps = timm.create_model("resnet50", features_only=True, out_indices=(1, 2, 3, 4))
    taps.load_state_dict(body.state_dict(), strict=False)
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        found, expected = encoder(images), taps.eval()(images)
    for stage, tensor in zip(found, expected, strict=True):
        assert torch.equal(stage.last, tensor)
        assert stage.before.shape == tensor.shape and not torch.equal(stage.before, tensor)


def test_the_narrow_encoder_has_no_pretrained_weights():
    for name in FAMILY:
        with pytest.raises(CheckpointError, match="compact"):
            create_model(name, pretrained=True, **narrow(name))


def test_masks_are_named_by_the_task_they_come_from():
    """Flatten the segmentation mask of stage 1: its map turns grey, and of the skips only the
    class decoder's changes, because the mask gates the other stream."""
    model = create_model("ctan").eval()
    seen = {}
    decode = model.decoders.forward

    def spy(streams, size, maps=None):
        seen["skips"] = [stream.skips[0] for stream in streams]
        return decode(streams, size, maps)

    model.decoders.forward = spy
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        before, skips = model(images, maps=True).maps, seen["skips"]
        norm = model.cross_encoders[0].masks[0][2]
        norm.weight.zero_()
        norm.bias.zero_()
        after = model(images, maps=True).maps
    assert (after["ctae_mask.1.segmentation"].tensor == 0.5).all()
    same = "ctae_mask.1.malignancy"
    assert torch.equal(before[same].tensor, after[same].tensor)
    assert torch.equal(skips[0], seen["skips"][0]) and not torch.equal(skips[1], seen["skips"][1])
    assert "passes to the malignancy stream" in after["ctae_mask.1.segmentation"].meaning


def test_shared_skips_are_the_plain_stages():
    model = create_model("ctan", skips="shared").eval()
    seen = {}
    decode = model.decoders.forward

    def spy(streams, size, maps=None):
        seen["streams"] = streams
        return decode(streams, size, maps)

    model.decoders.forward = spy
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        model(images)
        stages = model.encoder(images)
    for stream in seen["streams"]:
        for skip, stage in zip(stream.skips, stages[:-1], strict=True):
            assert torch.equal(skip, stage.last)


@pytest.mark.parametrize(
    "options",
    [
        {"shared_features": "extra_convs"},
        {"stem": "conv3x3"},
        {"bottleneck_attention": "literal"},
        {"bottleneck_attention": "no_softmax"},
        {"bottleneck_attention": "channel"},
        {"skips": "shared"},
    ],
    ids=lambda options: "-".join(*options.items()),
)
def test_options_keep_the_shapes_and_train(options):
    model = create_model("ctan", **options)
    output = model(torch.randn(2, 3, 128, 96), maps=True)
    assert output.mask_logits.shape == (2, 1, 128, 96)
    assert output.class_logits[MALIGNANCY.name].shape == (2, 2)
    (output.mask_logits.square().mean() + output.class_logits[MALIGNANCY.name].sum()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    attention = [found for found in output.maps.values() if found.kind == "attention"]
    assert len(attention) == (0 if options.get("bottleneck_attention") == "channel" else 2)
    for found in attention:
        assert found.grid == (4, 3)
        torch.testing.assert_close(found.tensor.sum(-1), torch.ones(2, 1, 12))


def test_wrong_options_are_refused():
    for option in ("shared_features", "stem", "bottleneck_attention", "skips"):
        with pytest.raises(UnknownNameError, match="Allowed"):
            create_model("ctan", **{option: "nothing"})


@pytest.mark.parametrize(
    "name,tasks,message",
    [
        ("ctan", (SEGMENTATION,), "exactly 2"),
        ("ctan", (SEGMENTATION, DIAGNOSIS, COVID), "exactly 2"),
        ("mtan", (SEGMENTATION, ORGANS), "one task may be"),
        ("hps", (COVID, COVID), "name of its own"),
        ("hps", (Task("stage", "image_class", ("one",)),), "at least two classes"),
        ("stl_segmentation", (COVID,), "stl_classification"),
        ("stl_classification", (DOSE,), "stl_segmentation"),
        ("stl_classification", (), "no task"),
        ("mtl", (DOSE,), "cannot answer dose"),
    ],
)
def test_impossible_tasks_are_refused(name, tasks, message):
    with pytest.raises(InputError, match=message):
        create_model(name, tasks=tasks)


def squares(tasks: tuple[Task, ...], count: int = 6, size: int = 64):
    """Images of noise with a bright square, and the truth of every task about it.

    The class per pixel is the class of the square; dose falls off with the distance from the
    middle; a class per image is the side on which the square lies, or its third.
    """
    generator = torch.Generator().manual_seed(2)
    images = 0.1 * torch.randn(count, 3, size, size, generator=generator)
    square = torch.zeros(count, size, size, dtype=torch.long)
    column = torch.arange(count) * (size - 20) // (count - 1)
    for index, left in enumerate(column.tolist()):
        square[index, 20:40, left : left + 20] = 1
    images += 2.0 * square.unsqueeze(1)
    distance = (torch.arange(size) - size / 2).abs()
    targets = {}
    for task in tasks:
        if task.kind == "pixel_class":
            kinds = 1 + torch.arange(count) % (len(task.classes) - 1)
            targets[task.name] = square * kinds.view(-1, 1, 1)
        elif task.kind == "pixel_regression":
            field = 2 - distance.view(1, 1, -1) / size
            targets[task.name] = square * field + 1.0
        else:
            targets[task.name] = (column * len(task.classes) // (size - 19)).long()
    return images, targets


def train(name: str, tasks: tuple[Task, ...], steps: int) -> tuple[torch.nn.Module, list[float]]:
    """A few steps of DWA and Adam on one batch, each step an epoch."""
    torch.manual_seed(1)
    model = create_model(name, tasks=tasks).train()
    images, targets = squares(tasks)
    weighting = DynamicWeightAverage([task.name for task in tasks])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    totals = []
    known = {task.name: torch.ones(len(images), dtype=torch.bool) for task in tasks}
    recipe = paper_recipe(get_spec("ctan"))
    for _ in range(steps):
        losses = task_losses(tasks, model(images), targets, known, recipe)
        optimizer.zero_grad()
        weighting(losses).backward()
        optimizer.step()
        means = {key: float(loss.detach()) for key, loss in losses.items()}
        weighting.end_epoch(means)
        totals.append(sum(means.values()))
    assert sum(weighting.current().values()) == pytest.approx(len(tasks))
    return model, totals


def check_answers(output: Output, tasks: tuple[Task, ...], count: int = 6, size: int = 64) -> None:
    classes = {task.name for task in tasks if task.kind == "image_class"}
    assert output.class_logits.keys() == classes
    for task in tasks:
        if task.kind == "pixel_class":
            channels = len(task.classes) if len(task.classes) > 2 else 1
            assert output.mask_logits.shape == (count, channels, size, size)
        elif task.kind == "pixel_regression":
            assert output.pixel_values[task.name].shape == (count, 1, size, size)
        else:
            assert output.class_logits[task.name].shape == (count, len(task.classes))


@pytest.mark.parametrize("tasks", TASK_SETS, ids=SET_NAMES)
def test_any_tasks_build_train_and_report_their_gain(tasks):
    images, targets = squares(tasks)
    singles = {}
    for task in tasks:
        alone = "stl_classification" if task.kind == "image_class" else "stl_segmentation"
        model, _ = train(alone, (task,), steps=4)
        with torch.inference_mode():
            output = model(images)
        check_answers(output, (task,))
        singles[task.name] = judged(task, output, targets[task.name].float())
    for name in ("hps", "mtan", "ctan"):
        model, totals = train(name, tasks, steps=3)
        assert model.spec.tasks == tasks and totals[-1] < totals[0]
        with torch.inference_mode():
            output = model(images, maps=True)
        check_answers(output, tasks)
        declared = {found.name: found.kind for found in model.spec.maps}
        assert {key: found.kind for key, found in output.maps.items()} == declared
        for task in tasks:  # eq. 3 as printed
            flag, base = 0 if task.kind == "pixel_regression" else 1, singles[task.name]
            multi = judged(task, output, targets[task.name].float())
            delta = 100 * (-1) ** flag * (base - multi) / base
            assert task_gain(task, base, multi) == pytest.approx(delta)


def test_hps_takes_any_number_of_tasks():
    tasks = (SEGMENTATION, MALIGNANCY, DOSE)
    for name in ("hps", "mtan"):
        output = create_model(name, tasks=tasks)(torch.randn(2, 3, 64, 64))
        check_answers(output, tasks, count=2)


def test_the_mask_does_not_hear_the_class_in_mtan_but_does_in_ctan():
    """Gradient of the class logits with respect to the mask task's own parameters."""
    for name, hears in (("mtan", False), ("ctan", True)):
        model = create_model(name).train()
        stages = model.attentions if name == "mtan" else model.cross_encoders
        logits = model(torch.randn(2, 3, 64, 64)).class_logits[MALIGNANCY.name]
        F.cross_entropy(logits, torch.tensor([0, 1])).backward()
        for stage in stages:
            weight = stage.masks[0][1].weight
            assert (weight.grad is not None and bool(weight.grad.any())) == hears


@pytest.mark.parametrize("name", FAMILY)
def test_specification_says_what_is_stated_and_what_is_ours(name):
    spec = get_spec(name)
    assert spec.role == ("proposed" if name == "ctan" else "baseline")
    assert spec.recipe.learning_rate == 1e-4 and spec.recipe.weight_decay == 1e-5
    assert spec.recipe.batch_size == 8 and "Ours" in spec.recipe.note
    assert spec.idea.count(". ") == 2 and spec.decisions and spec.paper_errors
    for table in spec.reported:
        assert all(len(row) == len(table.columns) for row in table.rows)
