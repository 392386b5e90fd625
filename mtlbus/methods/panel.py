"""A panel: the mean of the log-odds of several networks, as one network.

Its name says who is in it, as "panel:mtl_cosa+hps+ctan". What its members say apart from each other
is the deep ensemble's measure of how unsure the answer is (Lakshminarayanan et al. 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..core.errors import InputError, UnknownNameError
from ..core.outputs import Map, Output, positive_logit
from ..core.spec import MapSpec, Paper, Spec
from ..core.tasks import MALIGNANCY

PREFIX = "panel:"
MOST = 5
MEMBERS_MAP = "members"
_MEANING = (
    "Log-odds of malignant as each network of the panel gives them; the panel's is their mean."
)
PAPER = Paper(
    title="Simple and Scalable Predictive Uncertainty Estimation Using Deep Ensembles",
    authors="Lakshminarayanan, Pritzel, Blundell",
    year=2017,
    reference="Advances in Neural Information Processing Systems 30",
)


def is_panel(name: str) -> bool:
    """Whether a name asks for a panel; `members_of` says whether it can be had."""
    return name.startswith(PREFIX)


def members_of(name: str, known: Sequence[str]) -> tuple[str, ...]:
    """The members that the name of a panel lists, in the order of `known`: a panel has one name.

    Args:
        name: as "panel:mtl+hps"; an address that somebody typed has blanks for the plus signs.
        known: the methods that can be members.

    Raises:
        InputError: fewer than 2, more than `MOST`, or one twice.
        UnknownNameError: a member that is not known.
    """
    members = tuple(name.removeprefix(PREFIX).replace(" ", "+").split("+"))
    for member in members:
        if member not in known:
            raise UnknownNameError("method of a panel", member, known)
    if not 2 <= len(members) <= MOST or len(set(members)) < len(members):
        raise InputError(
            f"A panel has 2 to {MOST} different networks, as panel:mtl_cosa+hps; got "
            f"{len(members)}: {', '.join(members)[:200]}."
        )
    return tuple(name for name in known if name in members)


def panel_spec(members: Sequence[Spec]) -> Spec:
    """The specification of a panel; it answers what any of its members answers.

    Raises:
        InputError: the members look at images that are prepared differently.
    """
    ways = sorted({(member.input_size, member.fit) for member in members})
    if len(ways) > 1:
        raise InputError(
            "The networks of a panel look at one image; these look at "
            f"{' and '.join(f'{size} px ({fit})' for size, fit in ways)}."
        )
    tasks = dict.fromkeys(task for member in members for task in member.tasks)
    titles = [member.title for member in members]
    named = f"{', '.join(titles[:-1])} and {titles[-1]}"
    classifies = MALIGNANCY in tasks
    return Spec(
        name=PREFIX + "+".join(member.name for member in members),
        title=f"Panel of {named}",
        role="panel",
        paper=PAPER,
        idea=f"{named} are asked about the same image. The panel's log-odds, of the class and of "
        "each pixel, are the mean of theirs. Where they differ, the answer is unsure.",
        tasks=tuple(tasks),
        maps=(MapSpec(MEMBERS_MAP, "scalar", _MEANING),) if classifies else (),
        stated="The mean of the probabilities of networks that differ in their random start.",
        ours="The mean of log-odds, of networks that differ in how they are built.",
        input_size=ways[0][0],
        fit=ways[0][1],
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
    )


class Panel(nn.Module):
    """See the module's docstring.

    Args:
        members: networks by method, each with its `spec`.

    Attributes:
        spec: of the panel; it takes grey values of 0..1, which each member scales as it wants.
    """

    def __init__(self, members: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleDict(members)
        self.spec = panel_spec([member.spec for member in members.values()])
        self.variant = "panel"
        self.options = {"members": list(members)}

    def forward(self, images: Tensor, maps: bool = False) -> Output:
        """B×3×S×S in 0..1 to log-odds, B×1×S×S of the mask and B×1 of the class.

        With maps, those of a member are named "METHOD/MAP", beside `members`, B×N.
        """
        masks, classes, found = [], {}, {}
        for name, member in self.members.items():
            output = member(_scaled(images, member.spec), maps=maps)
            if output.mask_logits is not None:
                masks.append(positive_logit(output.mask_logits.float()))
            if MALIGNANCY.name in output.class_logits:
                classes[name] = positive_logit(output.class_logits[MALIGNANCY.name].float())
            found |= {_map_of(name, key): one for key, one in output.maps.items()}
        logits = torch.stack(list(classes.values()), dim=1) if classes else None
        if maps and logits is not None:
            titles = tuple(self.members[name].spec.title for name in classes)
            found[MEMBERS_MAP] = Map(logits, "scalar", "the panel", 1, _MEANING, labels=titles)
        return Output(
            mask_logits=torch.stack(masks).mean(dim=0)[:, None] if masks else None,
            class_logits={} if logits is None else {MALIGNANCY.name: logits.mean(1, keepdim=True)},
            maps=found if maps else {},
        )


def maps_of_member(maps: Mapping[str, Map], member: str) -> dict[str, Map]:
    """Of the maps that a panel returns those of one member, by the names that it gives them."""
    start = _map_of(member, "")
    return {name.removeprefix(start): m for name, m in maps.items() if name.startswith(start)}


def _map_of(member: str, name: str) -> str:
    return f"{member}/{name}"


def _scaled(images: Tensor, spec: Spec) -> Tensor:
    mean, std = (images.new_tensor(numbers).view(1, 3, 1, 1) for numbers in (spec.mean, spec.std))
    scaled = (images - mean) / std
    return scaled.contiguous(memory_format=torch.channels_last)
