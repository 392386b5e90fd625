"""What the validation part says of a network after an epoch."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from ..core.outputs import positive_logit
from ..core.presence import presence_score
from ..core.tasks import MALIGNANCY
from ..data.transforms import normalise
from .batches import Images
from .precision import autocast


@torch.inference_mode()
def validate(
    network: nn.Module, images: Images, batch_size: int, device: torch.device
) -> dict[str, float]:
    """Dice, AUC, presence, and `score`, their mean.

    Each is asked of the images whose truth is known, and is a number from 0 to 1:
    validation_dice of lesions with a mask; validation_auc of malignant over benign;
    validation_presence, where there are normal images, the AUC of lesions over normal images
    by `presence_score`. The share of normal images without an outline would move by a
    twelfth with each of twelve images, and so decide between epochs by itself.

    Args:
        network: with its `spec`; it is left in evaluation mode.
        images: the validation part, at one size.
        batch_size: images a pass.
        device: that the network is on.
    """
    network.eval()
    spec = network.spec
    dices, presences, logits = [], [], []
    for batch in images.batches(batch_size):
        inputs = normalise(batch.grey.to(device), spec.mean, spec.std)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        with autocast(device):
            output = network(inputs)
        if output.mask_logits is not None:
            drawn = positive_logit(output.mask_logits.float()).cpu()
            predicted, true = (drawn > 0).flatten(1).float(), batch.masks.flatten(1)
            sizes = predicted.sum(1) + true.sum(1)
            dices.append(
                torch.where(sizes > 0, 2 * (predicted * true).sum(1) / sizes.clamp_min(1), 1.0)
            )
            presences.append([presence_score(mask) for mask in drawn.sigmoid().numpy()])
        if MALIGNANCY.name in output.class_logits:
            logits.append(positive_logit(output.class_logits[MALIGNANCY.name]).float().cpu())
    found = {}
    lesion, normal = images.outlined & ~images.normal, images.outlined & images.normal
    if dices and lesion.any():
        found["validation_dice"] = float(torch.cat(dices)[lesion].mean())
    if logits:
        known = images.labels.isfinite()
        auc = roc_auc_score(images.labels[known], torch.cat(logits)[known])
        found["validation_auc"] = float(auc)
    if presences and lesion.any() and normal.any():
        asked = (lesion | normal).numpy()
        scores = np.concatenate(presences)[asked]
        found["validation_presence"] = float(roc_auc_score(lesion.numpy()[asked], scores))
    return {**found, "score": sum(found.values()) / len(found)}
