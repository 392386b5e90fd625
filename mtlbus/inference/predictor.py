"""From an image to a prediction in the image's own grid: one preprocessing for any methods."""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn

from ..checkpoints import Checkpoint
from ..core.declaration import BREAST
from ..core.errors import CheckpointError, InputError
from ..core.machine import Machine
from ..core.outputs import Map, Output, positive_logit
from ..core.presence import presence_score
from ..core.spec import Spec
from ..core.tasks import MALIGNANCY
from ..data.intake import GreyImage
from ..data.transforms import Frame, normalise, restore, square_mask
from ..evaluation.panels import find_network
from ..methods.panel import MEMBERS_MAP, Panel
from .familiarity import Familiarity, read_familiarity
from .input_checks import Check, check_distance
from .loaded import LoadedNetwork, Prepared, single
from .onnx_form import read_form
from .presence import read_presence
from .together import ask

MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class Prediction:
    """What one method says about one image.

    Attributes:
        method: registry name.
        weights_sha256, image_sha256: what it was computed from.
        frame: the image's place in the network's square.
        size: side of the network's square, pixels.
        mask_square: tumour probability on the network's square, size×size float32; None for a
            method without a mask.
        mask_probability: the same on the image's grid, H×W float32.
        logit: log-odds of malignant; None for a method without a class.
        threshold: probability from which the checkpoint's operating point says malignant.
        distance: from the training images, as a multiple of the limit (see `familiarity`): above
            1 the image is unlike them; None where the checkpoint cannot tell.
        place: among the images that it knows, K float32 (see `similar`); None where it cannot tell.
        readout: how sure its features are of a lesion, 0..1 (`inference.presence`); None where they
            were not asked.
        members: log-odds of malignant by each network of a panel, by its title; else empty.
        outline_sha256: of a reader's outline that stands here in place of the network's; "" where
            the outline is its own.
        maps: inner maps with the batch dimension removed, on the CPU; empty unless asked for.
        computed_by: the library that computed it, with its version.
        seconds: duration of each stage.
    """

    method: str
    weights_sha256: str
    image_sha256: str
    frame: Frame
    size: int
    mask_square: np.ndarray | None
    mask_probability: np.ndarray | None
    logit: float | None
    threshold: float | None
    distance: float | None = None
    place: np.ndarray | None = None
    readout: float | None = None
    members: dict[str, float] = field(default_factory=dict)
    outline_sha256: str = ""
    maps: dict[str, Map] = field(default_factory=dict)
    computed_by: str = f"PyTorch {torch.__version__}"
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def probability(self) -> float | None:
        """Probability of malignancy, 0..1, as the network gives it."""
        return None if self.logit is None else float(1 / (1 + np.exp(-self.logit)))

    @property
    def presence(self) -> float | None:
        """How sure it is that there is a lesion, 0..1: the readout, else the `presence_score`.

        None without a mask, and where the mask is a reader's; 0 where the readout has no pixel of
        one half to speak of.
        """
        if self.mask_square is None or self.outline_sha256:
            return None
        if self.readout is None:
            return presence_score(self.mask_square)
        return self.readout if self.mask_square.max() >= MASK_THRESHOLD else 0.0

    def mask(self, threshold: float = MASK_THRESHOLD) -> np.ndarray | None:
        """The tumour on the image's grid, H×W bool."""
        return None if self.mask_probability is None else self.mask_probability > threshold


def outline_digest(outline: np.ndarray) -> str:
    """SHA-256 of a reader's outline, H×W bool."""
    return hashlib.sha256(f"{outline.shape}".encode() + np.packbits(outline).tobytes()).hexdigest()


class Predictor(LoadedNetwork):
    """A trained method of breast ultrasound, ready to answer.

    Args:
        checkpoint: weights and card.
        machine: as of `LoadedNetwork`.

    Attributes:
        familiarity: what its training images look like to it; None where that is not known.
        presence: what tells an image with a lesion by its features; None where nothing does.
        form: what computes a forward faster here; None where nothing does (`onnx_form`).
        familiarity_problem: why a file that is there is not used; "" otherwise.

    Raises:
        InputError: the network answers other tasks (`task_predictor`).
        CheckpointError: the weights cannot be used.
    """

    def __init__(self, checkpoint: Checkpoint, machine: Machine | str | None = None) -> None:
        if checkpoint.declaration != BREAST:
            raise InputError(
                f"{checkpoint.method} in {str(checkpoint.folder)!r} answers "
                f"{checkpoint.declaration.about}. This is for breast ultrasound; ask "
                "one of its networks."
            )
        super().__init__(checkpoint, machine)
        self._panel = isinstance(self.model, Panel)
        self.familiarity, self.presence, problems = None, None, []
        try:
            self.familiarity = read_familiarity(checkpoint)
        except CheckpointError as error:
            problems.append(str(error))
        try:
            self.presence = read_presence(checkpoint)
        except CheckpointError as error:
            problems.append(str(error))
        self.form = None
        try:
            self.form = None if self._panel else read_form(self)
        except CheckpointError as error:
            problems.append(str(error))
        self.familiarity_problem = " ".join(problems)

    @property
    def maps_read(self) -> tuple[str, ...]:
        """The inner maps that its familiarity and its presence are read from."""
        read = (getattr(one, "maps", ()) for one in (self.familiarity, self.presence))
        return tuple(sorted({name for names in read for name in names}))

    @property
    def _reads_maps(self) -> bool:
        return self._panel or self.familiarity is not None or self.presence is not None

    @classmethod
    def of(cls, method_or_folder: str | Path, device: str | None = None) -> Predictor:
        """The predictor of a shipped method, of a panel of them, or of a checkpoint folder."""
        return cls(find_network(method_or_folder), device)

    def check(self, prediction: Prediction) -> tuple[Check, ...]:
        """What one of its predictions says against itself: an image unlike the training images."""
        if self.familiarity is None:
            return ()
        return check_distance(prediction.distance, self.familiarity.quantile)

    @property
    def reads_outline(self) -> bool:
        """Whether the class is read from the regions of an outline, which may be a reader's."""
        return "given_mask" in inspect.signature(self.model.forward).parameters

    @torch.inference_mode()
    def predict(
        self,
        image: GreyImage | Prepared,
        maps: bool = False,
        outline: np.ndarray | None = None,
    ) -> Prediction:
        """Predict one image.

        Args:
            image: as read by `data.intake`, or made ready by `prepare` to share it.
            maps: return the inner maps too.
            outline: a reader's, H×W bool on the image's grid. It takes the place of the network's
                own in what is returned, and a network that `reads_outline` cuts its regions from
                it; the class of any other network stays.

        Raises:
            InputError: the outline is not of the image's size.
            CheckpointError: the network answers with something that is no number.
        """
        prepared = image if isinstance(image, Prepared) else self.prepare(image)
        given = None if outline is None else _squared(outline, prepared.frame, self.size)
        regions = {}
        if given is not None and self.reads_outline:
            regions["given_mask"] = given[None].to(self.device)
        started = time.perf_counter()
        by_form = self.form is not None and not maps and not regions
        if self.form is not None and by_form:
            output = self.form(self.inputs(prepared))
        else:
            (output,) = ask(self, [self.inputs(prepared)], maps or self._reads_maps, **regions)
        forward = time.perf_counter() - started
        found = self._told(prepared, output, forward, maps)
        if self.form is not None and by_form:
            found = replace(found, computed_by=self.form.name)
        if given is None or outline is None:
            return found
        return replace(
            found,
            mask_square=given.numpy(),
            mask_probability=outline.astype(np.float32),
            outline_sha256=outline_digest(outline),
        )

    @torch.inference_mode()
    def predict_together(self, images: Sequence[Prepared]) -> list[Prediction]:
        """`predict` of several images in one pass; equal to it but for rounding."""
        started = time.perf_counter()
        outputs = ask(self, [self.inputs(prepared) for prepared in images], self._reads_maps)
        each = (time.perf_counter() - started) / max(len(images), 1)
        found = zip(images, outputs, strict=True)
        return [self._told(prepared, output, each) for prepared, output in found]

    def _told(
        self, prepared: Prepared, output: Output, forward: float, maps: bool = False
    ) -> Prediction:
        """What the output of one image says, in the image's own grid."""
        started = time.perf_counter()
        mask_square = mask_probability = logit = distance = place = None
        if output.mask_logits is not None:
            square = torch.sigmoid(self.checked(positive_logit(output.mask_logits.float())))
        if MALIGNANCY.name in output.class_logits:
            said = positive_logit(output.class_logits[MALIGNANCY.name].float())
            logit = float(self.checked(said)[0])
        forward += time.perf_counter() - started
        seconds = {"preprocess": prepared.seconds, "forward": forward}
        started = time.perf_counter()
        if self.familiarity is not None:
            distance = self.familiarity.relative_distance(output.maps)
            if isinstance(self.familiarity, Familiarity):
                place = self.familiarity.place(output.maps)
            seconds["familiarity"] = time.perf_counter() - started
        readout = None if self.presence is None else self.presence.score(output.maps)
        started = time.perf_counter()
        if output.mask_logits is not None:
            mask_square = square[0].numpy()
            mask_probability = restore(square[0], prepared.frame).numpy()
        returned = single(output.maps) if maps else {}
        if self._panel:  # the maps of its members are looked at by asking them
            returned = {name: found for name, found in returned.items() if name == MEMBERS_MAP}
        return Prediction(
            method=self.checkpoint.method,
            weights_sha256=self.checkpoint.digest,
            image_sha256=prepared.image_sha256,
            frame=prepared.frame,
            size=self.size,
            mask_square=mask_square,
            mask_probability=mask_probability,
            logit=logit,
            threshold=None if logit is None else self.checkpoint.threshold,
            distance=distance,
            place=place,
            readout=readout,
            members=_members(output.maps) if self._panel else {},
            maps=returned,
            seconds={**seconds, "restore": time.perf_counter() - started},
        )


def _squared(outline: np.ndarray, frame: Frame, size: int) -> torch.Tensor:
    """A reader's outline on the network's square, size×size float32, 0 or 1."""
    if outline.shape != (frame.height, frame.width):
        raise InputError(
            f"The outline is of {outline.shape[1]}×{outline.shape[0]} px, the image of "
            f"{frame.width}×{frame.height}. Give one of the same size."
        )
    return square_mask(outline, size, frame.fit).float()


def _members(maps: Mapping[str, Map]) -> dict[str, float]:
    """What each network of a panel says of a batch of one; empty where none says a class."""
    found = maps.get(MEMBERS_MAP)
    return {} if found is None else dict(zip(found.labels, found.tensor[0].tolist(), strict=True))


@torch.inference_mode()
def inner_maps(model: nn.Module, prepared: Prepared) -> dict[str, Map]:
    """The inner maps of any network of the registry, trained or not, as in `Prediction.maps`.

    Args:
        model: in evaluation mode, as `create_model` builds it; its spec says how to normalise.
        prepared: an image at the input size of the spec.
    """
    device = next(model.parameters()).device
    spec = cast(Spec, model.spec)
    inputs = normalise(prepared.grey.to(device), spec.mean, spec.std)
    return single(model(inputs, maps=True).maps)


def predict_all(
    predictors: Sequence[Predictor], image: GreyImage, maps: bool = False
) -> list[Prediction]:
    """Ask several methods about one image that is prepared once for all that want it alike."""
    alike = {(predictor.size, predictor.fit): predictor for predictor in predictors}
    prepared = {way: predictor.prepare(image) for way, predictor in alike.items()}
    return [
        predictor.predict(prepared[predictor.size, predictor.fit], maps) for predictor in predictors
    ]
