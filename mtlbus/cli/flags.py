"""Arguments that several verbs take alike."""

from __future__ import annotations

import argparse


def datasets(verb: argparse.ArgumentParser, required: bool = True) -> None:
    """Data of one layout or several."""
    verb.add_argument(
        "--data",
        action="append",
        required=required,
        metavar="LAYOUT=PATH",
        help="busi=, busbra=, breast=, busuclm=, udiat=, folder= with a folder, manifest=FILE.csv, "
        "tasks=FILE.json (tasks of your own), busbra_classes=, openkbp=, ham10000= (those of the "
        "CTAN paper), or phantom=COUNT; may be given several times",
    )


def test_fold(verb: argparse.ArgumentParser) -> None:
    """The fold that tests."""
    verb.add_argument("--fold", type=int, default=1, help="test fold, 1 to 5 (default 1)")


def machine(verb: argparse.ArgumentParser) -> None:
    """What computes, and how."""
    verb.add_argument("--device", help="cpu, cuda or cuda:1; without: the GPU where there is one")
    verb.add_argument(
        "--precision",
        help="float32 or bfloat16; without: float32, and in a training bfloat16 where the device "
        "computes in it",
    )
    verb.add_argument(
        "--workers", type=int, help="processes that read images; without: none for a CPU"
    )
    verb.add_argument("--batch-size", type=int, help="images at a time, of all processes together")


def steps(verb: argparse.ArgumentParser) -> None:
    """What a step of training minimises, and how."""
    verb.add_argument("--rate", type=float, help="another learning rate")
    verb.add_argument("--clip", type=float, metavar="NORM", help="cut gradients to this norm")
    verb.add_argument(
        "--loss",
        default="paper",
        help="paper (default): loss and weighting of the method's paper; house: the same for all; "
        "official: of ACSNet's public code",
    )
    verb.add_argument(
        "--weighting", help="of the tasks, instead: fixed, dwa, learned, gradnorm, pcgrad or cagrad"
    )
    verb.add_argument(
        "--devices",
        type=float,
        metavar="SHARE",
        help="change so many images as other scanners would, by each of several changes",
    )
    verb.add_argument(
        "--sides",
        type=float,
        metavar="WEIGHT",
        help="deep supervision: coarser masks learn too, with this weight",
    )
    verb.add_argument(
        "--gamma-rate",
        type=float,
        metavar="FACTOR",
        help="γ of self-attention learns at so many times the rate",
    )
    verb.add_argument(
        "--branch-dropout",
        type=float,
        metavar="SHARE",
        help="of a hybrid, leave each encoder out of so many images where the two meet",
    )
    verb.add_argument(
        "--windows",
        type=float,
        metavar="SHARE",
        help="show so many images beside their lesion, as normal tissue, and as many close to it",
    )


def options(verb: argparse.ArgumentParser) -> None:
    """The decisions of a method, and where its weights begin."""
    verb.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a numbered decision of the method",
    )
    pretrained(verb)


def pretrained(verb: argparse.ArgumentParser) -> None:
    """Where weights begin."""
    verb.add_argument(
        "--pretrained",
        metavar="yes|no|FILE",
        help="start from ImageNet weights; without: yes where a package brings them; of several "
        "backbones: resnet=FILE,swin=FILE",
    )


def recipe(verb: argparse.ArgumentParser) -> None:
    """How long, how large and how a method is trained."""
    verb.add_argument("--epochs", type=int, help="another total number of epochs")
    verb.add_argument("--size", type=int, help="one input size for all epochs, pixels")
    verb.add_argument("--stages", metavar="EPOCHS@SIZE,…", help="progressive resizing")
    steps(verb)
    verb.add_argument("--recipe", default="house", help="house (default) or paper")
    verb.add_argument("--variant", default="compact", help="compact (default) or paper")
    verb.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation")
