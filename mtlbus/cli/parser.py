"""The verbs and their arguments, in the order of `--help`.

A verb is a function whose name and docstring the help prints; it takes the parsed arguments and
returns the exit code. It imports what it needs when it runs, so that the help comes at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

from ..core.text import printable
from . import flags
from .comparing import compare, panels, slices
from .datasets import audit, data, phantom
from .images import explain, predict
from .judging import bench, checks, evaluate, familiarity, faster, gates, silence, similar
from .methods import methods
from .training import crossvalidate, tasktable, train, trials

IMAGE = "PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM"
TRAINED = "a shipped method, or the folder of a checkpoint"


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, with words as text, never as a terminal's commands."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)}. See {self.prog} --help.\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of `python -m mtlbus`; the verb that was chosen is `run` of what it returns."""
    top = _Parser(
        prog="python -m mtlbus",
        description="Multi-task learning on breast ultrasound. Research and education only; "
        "not a medical device.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for function, add_arguments in VERBS.items():
        summary = (function.__doc__ or "").strip()
        listed = summary.replace("%", "%%")  # argparse formats it
        verb = verbs.add_parser(function.__name__, help=listed, description=summary)
        verb.add_argument("--json", action="store_true", help="print one JSON document")
        verb.set_defaults(run=function)
        add_arguments(verb)
    return top


def _methods(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", nargs="?", help="one method only")


def _data(verb: argparse.ArgumentParser) -> None:
    flags.datasets(verb, required=False)
    verb.add_argument("path", nargs="?", help="the same path, where its layout stands apart")
    verb.add_argument(
        "--layout",
        help="of that path: busi, busbra, breast, busuclm, udiat, folder (default), manifest, "
        "tasks, busbra_classes, openkbp, ham10000, phantom",
    )


def _audit(verb: argparse.ArgumentParser) -> None:
    _data(verb)
    verb.add_argument("--out", metavar="FILE.csv", help="write the group of each image")
    verb.add_argument("--reference", metavar="FILE.csv", help="groups to compare with: id,group")


def _train(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help="a name from `methods`")
    flags.datasets(verb)
    verb.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="NAME",
        help="of several declared tasks, only this one; may be given several times",
    )
    flags.test_fold(verb)
    verb.add_argument(
        "--leave-out",
        default="",
        metavar="DATASET",
        help="a dataset that only tests, all of it: how the network fares on images from elsewhere",
    )
    verb.add_argument("--out", required=True, help="folder of the run and its checkpoint")
    verb.add_argument("--resume", action="store_true", help="continue an interrupted run")
    verb.add_argument(
        "--start",
        metavar="DIR",
        help="train on from a checkpoint of the method, or of one that "
        "is part of it, with the same training part",
    )
    flags.recipe(verb)
    flags.options(verb)
    flags.machine(verb)


def _evaluate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    flags.datasets(verb)
    verb.add_argument("--fold", type=int, help="test fold; without it, all lesion images")
    verb.add_argument("--out", metavar="FILE.csv", help="write one row an image")
    verb.add_argument(
        "--flip", action="store_true", help="average with the mirror image (two forwards)"
    )
    verb.add_argument(
        "--seen",
        action="store_true",
        help="judge images of its training and validation, too, which are left out otherwise",
    )
    verb.add_argument(
        "--card",
        action="store_true",
        help="compare with the stored predictions and complete the card; changes no figure",
    )
    verb.add_argument(
        "--external",
        metavar="NAME",
        help="with --card: append these figures to the card as an external test of this name; "
        "refused where any image took part in the training",
    )
    flags.machine(verb)


def _compare(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("first", metavar="A", help=TRAINED)
    verb.add_argument("second", metavar="B", help="another one")
    _images(verb)


def _panels(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("networks", nargs="+", metavar="METHOD", help=TRAINED)


def _slices(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    verb.add_argument(
        "--by", default="birads", help="birads (default), device, size, histology, dataset"
    )
    verb.add_argument(
        "--figure", default="sensitivity", help="sensitivity (default), specificity, auc, dice"
    )
    _images(verb)


def _images(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--images", help="of which test images: real (all, default) or a data set")


def _crossvalidate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "method",
        nargs="*",
        help="without: the seven of the COSA paper; for other tasks hps, mtan and ctan",
    )
    flags.datasets(verb)
    verb.add_argument("--out", required=True, help="folder of all runs and of the report")
    verb.add_argument(
        "--fold", type=int, action="append", help="one test fold; may be given several times"
    )
    verb.add_argument(
        "--split",
        default="group",
        help="group (default), image (random images: leaks), or both to compare the two",
    )
    flags.recipe(verb)
    flags.pretrained(verb)
    flags.machine(verb)


def _tasktable(verb: argparse.ArgumentParser) -> None:
    flags.datasets(verb)
    flags.test_fold(verb)
    verb.add_argument("--out", required=True, help="folder of all runs and of the report")
    verb.add_argument(
        "--images", type=int, metavar="COUNT", help="at most so many of each part, to try it out"
    )
    flags.recipe(verb)
    flags.options(verb)


def _trials(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help="a name from `methods`")
    flags.datasets(verb)
    flags.test_fold(verb)
    verb.add_argument("--out", required=True, help="folder of all trials and of the report")
    verb.add_argument(
        "--stages", default="20@128", metavar="EPOCHS@SIZE", help="of each trial (20@128)"
    )
    flags.steps(verb)
    flags.options(verb)
    verb.add_argument(
        "--trial",
        action="append",
        metavar="NAME",
        help="recipe, chance, plain_images, …; may be given several times; all without",
    )


def _bench(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", nargs="*", help="shipped methods or folders; all without")
    verb.add_argument("--forwards", type=int, default=20, help="forwards to time (default 20)")
    verb.add_argument("--write", action="store_true", help="put what was measured into the cards")
    verb.add_argument(
        "--markdown", action="store_true", help="the table of the cards; measures nothing"
    )
    verb.add_argument(
        "--peers",
        action="store_true",
        help="the first method beside Captum, pytorch-grad-cam, Quantus, SciPy and scikit-learn, "
        "and its growth over 10, 100 and 1,000 images",
    )
    verb.add_argument(
        "--app",
        action="store_true",
        help="the pages of a server of its own beside the forwards of the first three methods",
    )


def _faster(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", nargs="+", help=TRAINED)


def _predict(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "images", nargs="+", metavar="IMAGE", help=f"{IMAGE}; a folder for all files in it"
    )
    verb.add_argument(
        "--method",
        action="append",
        required=True,
        help="a shipped method or a checkpoint folder; may be given several times",
    )
    verb.add_argument("--out", help="folder for overlays and masks (PNG) and predictions.json")


def _explain(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("image", metavar="IMAGE", help=IMAGE)
    verb.add_argument("--method", required=True, help="a shipped method or a checkpoint folder")
    verb.add_argument(
        "--attribution",
        action="append",
        metavar="NAME",
        help="gradcam, integrated_gradients, occlusion, …; may be given several times",
    )
    verb.add_argument(
        "--target",
        metavar="HEAD:ANSWER:REGION",
        help="class:difference (default), class:malignant, mask:difference:lesion, "
        "mask:tumour:box=LEFT,TOP,WIDTH,HEIGHT, …; of other tasks TASK:CLASS, or TASK for values",
    )
    verb.add_argument(
        "--settings", default="", metavar="NAME=VALUE,…", help="steps=32,baseline=black, …"
    )
    verb.add_argument("--placebo", action="store_true", help="also of shuffled weights")
    verb.add_argument("--truth", metavar="MASK", help="true mask, for the region truth")
    verb.add_argument("--out", help="folder for the arrays (NPZ) and pictures (PNG)")


def _familiarity(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    flags.datasets(verb)
    flags.test_fold(verb)


def _similar(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    flags.datasets(verb)


def _gates(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    flags.datasets(verb)
    verb.add_argument("--card", action="store_true", help="write it on the card")


def _checks(verb: argparse.ArgumentParser) -> None:
    flags.datasets(verb)
    flags.test_fold(verb)
    verb.add_argument("--count", type=int, default=200, help="pictures of each kind made wrong")


def _silence(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help=TRAINED)
    flags.datasets(verb)
    verb.add_argument("--images", type=int, default=48, help="of the test fold (default 48)")
    verb.add_argument("--card", action="store_true", help="write it on the card")


def _phantom(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", required=True, help="folder for image, mask and parameters")
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument("--size", type=int, default=256, help="side, pixels (default 256)")
    verb.add_argument("--gallery", action="store_true", help="the named phantoms of the app")
    label = verb.add_mutually_exclusive_group()
    label.add_argument("--malignant", action="store_true")
    label.add_argument("--benign", action="store_true")
    verb.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="one knob of the phantom"
    )


VERBS: dict[Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None]] = {
    methods: _methods,
    data: _data,
    audit: _audit,
    train: _train,
    evaluate: _evaluate,
    compare: _compare,
    panels: _panels,
    slices: _slices,
    crossvalidate: _crossvalidate,
    trials: _trials,
    tasktable: _tasktable,
    bench: _bench,
    faster: _faster,
    predict: _predict,
    explain: _explain,
    familiarity: _familiarity,
    similar: _similar,
    gates: _gates,
    checks: _checks,
    silence: _silence,
    phantom: _phantom,
}
