"""The forward of a trained network as ONNX Runtime computes it: on a processor the fastest form.

    python -m mtlbus faster mtl_cosa

writes it beside the weights, where `Predictor.predict` takes it from then on; without that file, or
without the runtime, everything is as before. It is written only where it is faster and answers as
PyTorch does: on phantoms each probability within 0.01, each outline with a Dice of 0.99. One more
phantom is asked whenever it is loaded, for the answer and for the time: it may be another machine.
Inner maps for the eye, outlines of readers, gradients and judging stay with PyTorch.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from ..core.errors import CheckpointError, InputError
from ..core.files import write_atomically
from ..core.outputs import Output, positive_logit
from ..core.tasks import MALIGNANCY
from ..data.intake import GreyImage
from ..data.phantom import make_phantom, random_parameters
from ..data.transforms import PREPROCESSING_VERSION

if TYPE_CHECKING:
    from .predictor import Predictor

FILE = "model.onnx"
PACKAGES = "onnxruntime==1.32.0 onnx==1.23.2 onnxscript==0.7.2"
APART, DICE = 0.01, 0.99  # of probabilities at most, of outlines at least
GAIN = 0.9  # of PyTorch's time from which it is worth a file
KEPT = 1.0  # of PyTorch's time up to which it is used where it is loaded
ROUNDS = 3  # of the forwards that are timed then
PHANTOMS = 12


class Drift(NamedTuple):
    """How far two answers to one image are apart.

    Attributes:
        probability: difference of the probabilities of malignant; 0 without a class.
        dice: of the outlines; 1 without, and where both are empty.
    """

    probability: float
    dice: float

    @property
    def bounded(self) -> bool:
        """Whether nobody need mind; what is no number is not."""
        return self.probability <= APART and self.dice >= DICE


class FormTrial(NamedTuple):
    """What the form of a network is worth here.

    Attributes:
        ours, onnx: milliseconds of a forward, medians by turns.
        drift: the largest of its drifts.
        written: whether it lies beside the weights now.
    """

    ours: float
    onnx: float
    drift: Drift
    written: bool


class OnnxForm:
    """A forward of one image.

    Args:
        content: of the file.
        like: an output of the network, whose maps have the words that the file lacks.

    Attributes:
        marks: what the file says of itself.
        name: of what computes it, with its version.
    """

    def __init__(self, content: bytes, like: Output) -> None:
        runtime = _library("onnxruntime")
        self.name = f"ONNX Runtime {runtime.__version__}"
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = runtime.InferenceSession(content, options, ["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]
        read = {name: one for name, one in like.maps.items() if f"map.{name}" in self._names}
        self._like = replace(like, maps=read)
        self.marks: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def __call__(self, inputs: Tensor) -> Output:
        """The output of an image, 1×3×S×S; of its maps those that the predictor reads."""
        given = {"images": inputs.contiguous(memory_format=torch.contiguous_format).numpy()}
        values = map(torch.from_numpy, self._session.run(None, given))
        parts = dict(zip(self._names, values, strict=True))
        like = self._like
        return replace(
            like,
            mask_logits=parts.get("mask"),
            class_logits={name: parts[f"class.{name}"] for name in like.class_logits},
            maps={
                name: replace(found, tensor=parts[f"map.{name}"])
                for name, found in like.maps.items()
            },
        )


def read_form(network: Predictor) -> OnnxForm | None:
    """The form that lies beside the weights of a network; None where none is faster here.

    Raises:
        CheckpointError: it is damaged, belongs to other weights or answers otherwise.
    """
    path = network.checkpoint.folder / FILE
    on_processor = network.device.type == "cpu" and not network.machine.reduced
    if not (on_processor and path.is_file() and _there("onnxruntime")):
        return None
    again = f"Make it again: python -m mtlbus faster {network.checkpoint.method}"
    inputs, ours = asked_about(network, PHANTOMS)
    try:
        form = OnnxForm(path.read_bytes(), ours)
        bounded = drift_of(ours, form(inputs)).bounded
    except Exception:  # the runtime has no one error for what is no network of its kind
        raise CheckpointError(f"{FILE} is damaged and is not used. {again}") from None
    if dict(form.marks) != _marks(network):
        raise CheckpointError(f"{FILE} belongs to other weights and is not used. {again}")
    if not bounded:
        raise CheckpointError(f"{FILE} answers otherwise than its weights; not used. {again}")
    pytorch, onnx = map(min, _milliseconds(network, form, [inputs] * ROUNDS))
    return form if onnx <= KEPT * pytorch else None


def write_form(network: Predictor) -> FormTrial:
    """Try the form of a network; keep it beside the weights where it is worth it.

    Raises:
        InputError: the packages are not there, or the network does not compute on the processor.
        OutputError: it cannot be written.
    """
    if network.device.type != "cpu" or network.machine.reduced:
        raise InputError("A form is for the processor in float32. Give --device cpu.")
    for name in ("onnx", "onnxscript", "onnxruntime"):
        _library(name)
    asked = [asked_about(network, number) for number in range(PHANTOMS)]
    content = _exported(network, asked[0][0])
    form = OnnxForm(content, asked[0][1])
    drifts = [drift_of(ours, form(inputs)) for inputs, ours in asked]
    drift = Drift(max(one.probability for one in drifts), min(one.dice for one in drifts))
    ours, onnx = map(median, _milliseconds(network, form, [inputs for inputs, _ in asked]))
    path = network.checkpoint.folder / FILE
    written = all(one.bounded for one in drifts) and onnx <= GAIN * ours
    if written:
        write_atomically(path, content)
    else:
        path.unlink(missing_ok=True)
    return FormTrial(ours, onnx, drift, written)


def _milliseconds(
    network: Predictor, form: OnnxForm, asked: Sequence[Tensor]
) -> tuple[list[float], list[float]]:
    """What PyTorch and the form take for each input, by turns."""
    times: tuple[list[float], list[float]] = ([], [])
    forwards: tuple[Callable[[Tensor], Output], ...] = (_with_maps(network), form)
    with torch.inference_mode():
        for inputs in asked:
            for run, found in zip(forwards, times, strict=True):
                started = time.perf_counter()
                run(inputs)
                found.append(1000 * (time.perf_counter() - started))
    return times


class _Flat(nn.Module):
    """A network that answers with tensors, which is all that ONNX knows."""

    def __init__(self, network: Predictor) -> None:
        super().__init__()
        self.model, self.maps = network.model, network.maps_read

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(_parts(self.model(images, maps=True), self.maps).values())


def _parts(output: Output, maps: tuple[str, ...]) -> dict[str, Tensor]:
    """The tensors of an output by the names that they have in the file."""
    masks = {} if output.mask_logits is None else {"mask": output.mask_logits}
    classes = {f"class.{name}": logits for name, logits in output.class_logits.items()}
    read = {f"map.{name}": output.maps[name].tensor for name in maps if name in output.maps}
    return masks | classes | read


def _exported(network: Predictor, inputs: Tensor) -> bytes:
    names = list(_parts(_with_maps(network)(inputs), network.maps_read))
    program: Any = torch.onnx.export(
        _Flat(network).eval(),
        (inputs.clone(memory_format=torch.contiguous_format),),
        input_names=["images"],
        output_names=names,
        dynamo=True,
        verbose=False,
    )
    program.model.metadata_props.update(_marks(network))
    return program.model_proto.SerializeToString()


def _marks(network: Predictor) -> dict[str, str]:
    """What a file must say to be of this network, as its predictor reads it."""
    return {
        "weights_sha256": network.checkpoint.digest,
        "preprocessing": str(PREPROCESSING_VERSION),
        "size": str(network.size),
        "maps": ",".join(network.maps_read),
    }


def _with_maps(network: Predictor) -> Callable[[Tensor], Output]:
    return lambda inputs: network.model(inputs, maps=True)


def asked_about(network: Predictor, number: int) -> tuple[Tensor, Output]:
    """A phantom and what PyTorch answers to it."""
    pixels = make_phantom(random_parameters(number, malignant=number % 2 == 1), 256).image
    with torch.no_grad():
        inputs = network.inputs(network.prepare(GreyImage(pixels, "", (), "phantom")))
        return inputs, _with_maps(network)(inputs)


def drift_of(one: Output, other: Output) -> Drift:
    apart, dice = 0.0, 1.0
    if MALIGNANCY.name in one.class_logits:
        first, second = (
            positive_logit(output.class_logits[MALIGNANCY.name]).sigmoid()
            for output in (one, other)
        )
        apart = float((first - second).abs().max())
    if one.mask_logits is not None and other.mask_logits is not None:
        masks = one.mask_logits, other.mask_logits
        first, second = (positive_logit(logits) > 0 for logits in masks)
        if total := int(first.sum() + second.sum()):
            dice = 2 * int((first & second).sum()) / total
    return Drift(apart, dice)


def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"{name} is not installed. Give: pip install {PACKAGES}") from None
