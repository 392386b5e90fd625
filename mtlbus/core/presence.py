"""Is there a lesion at all: one number from the mask that a network draws."""

from __future__ import annotations

import numpy as np

# Chosen on the validation part of the shipped networks, where normal images were new to them. AUC
# of lesions over normal images, mean of the networks: highest pixel 0.97, highest thousandth 0.97,
# highest hundredth 0.93, highest twentieth 0.63, area above one half 0.59, largest part 0.65. On
# the normal images of the training folds too (new to them as well): 0.91, 0.92, 0.90, 0.63, 0.59,
# 0.65. How large an outline is says next to nothing; how sure its core is says nearly all.
TOP_SHARE = 0.001


def presence_score(mask_probability: np.ndarray) -> float:
    """How sure a network is that there is a lesion: the mean of the highest thousandth of its mask.

    Args:
        mask_probability: on the network's square, H×W in 0..1.

    Returns:
        A number in 0..1.
    """
    flat = np.asarray(mask_probability, dtype=np.float32).ravel()
    count = max(flat.size * TOP_SHARE, 1)
    return float(np.partition(flat, flat.size - int(count))[-int(count) :].mean())
