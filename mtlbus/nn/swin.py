"""SwinV2 (Liu et al. 2022) stage by stage, for any input size, its attention returned as a value.

The modules and weights are timm's. Windows, shifts and masks are worked out in each call from the
size of the features, and nothing is kept on the module, so threads may share one network.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import torch
from timm.models.swin_transformer_v2 import SwinTransformerV2, SwinTransformerV2Block
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.outputs import Map
from ..core.spec import MapSpec
from .backbones import timm_model

PAPER_SWIN = "swinv2_base_window12to16_192to256.ms_in22k_ft_in1k"
PAPER_WINDOWS = (16, 16, 16, 16)
COMPACT_EMBEDDING = 20
COMPACT_WINDOWS = (8, 8, 16, 8)  # stage 3 is one window at 256, as in the paper variant

# The least length a query or key is divided by; trained ones are longer than 0.2. Keys have no
# bias, so a cell of zeros has a key of zeros, and with torch's 1e-12 its gradient is 1e11 times
# that of its neighbours. After a ReLU such cells can occur.
LEAST_LENGTH = 1e-2

Pair = tuple[int, int]


class WindowedAttention(NamedTuple):
    """Attention within windows.

    Attributes:
        weights: B×windows×heads×N×N, rows sum to 1.
        windows: rows and columns of the windows.
        grid: rows and columns of the N cells of one window.
    """

    weights: Tensor
    windows: Pair
    grid: Pair

    def as_map(self, declared: MapSpec, stage: str, stride: int) -> dict[str, Map]:
        """As the map it was declared to be, without the axis of windows where there is only one."""
        alone = self.windows == (1, 1)
        return declared.of(
            self.weights[:, 0] if alone else self.weights,
            stage,
            stride,
            grid=self.grid,
            windows=None if alone else self.windows,
        )


def split_windows(cells: Tensor, window: Pair) -> Tensor:
    """B×H×W×C, H and W multiples of the window, to B×windows×N×C."""
    batch, height, width, channels = cells.shape
    rows, columns = window
    grid = cells.view(batch, height // rows, rows, width // columns, columns, channels)
    return grid.transpose(2, 3).reshape(batch, -1, rows * columns, channels)


def join_windows(windows: Tensor, window: Pair, size: Pair) -> Tensor:
    """The inverse of `split_windows`: B×windows×N×C to B×H×W×C."""
    batch, channels = len(windows), windows.shape[-1]
    (rows, columns), (height, width) = window, size
    grid = windows.view(batch, height // rows, width // columns, rows, columns, channels)
    return grid.transpose(2, 3).reshape(batch, height, width, channels)


def forbidden_pairs(
    size: Pair, padded: Pair, window: Pair, shift: Pair, device: torch.device
) -> Tensor | None:
    """Which cells of a window must not look at each other; None where all may.

    After the cyclic shift a window may hold cells from opposite edges, and after padding cells
    that do not exist. Cells see only cells of their own side, and no padding.

    Returns:
        windows×N×N, true where forbidden.
    """
    if padded == size and not any(shift):
        return None
    sides = []
    for length, full, step in zip(size, padded, shift, strict=True):
        cells = torch.arange(full, device=device)
        wrapped = (cells >= full - step).long()
        exists = (cells.roll(-step) < length).long()
        sides.append((wrapped, exists))
    (row_side, row_exists), (column_side, column_exists) = sides
    label = 1 + 2 * row_side[:, None] + column_side[None, :]
    label = label * row_exists[:, None] * column_exists[None, :]  # 0 = padding
    labels = split_windows(label[None, :, :, None], window)[0, :, :, 0]
    return labels[:, :, None] != labels[:, None, :]


def position_bias(attention: nn.Module, window: Pair) -> Tensor:
    """The continuous relative position bias of SwinV2 (its eq. 4) for any window.

    Returns:
        heads×N×N, in 0..16.
    """
    weight = attention.cpb_mlp[0].weight
    offsets = [torch.arange(1 - side, side, device=weight.device) for side in window]
    table = torch.stack(torch.meshgrid(*offsets, indexing="ij"), dim=-1).to(weight.dtype)
    reference = attention.pretrained_window_size
    if not reference[0]:
        reference = window
    scale = torch.tensor([max(side - 1, 1) for side in reference], device=weight.device)
    table = table * 8 / scale
    table = table.sign() * torch.log2(table.abs() + 1) / math.log2(8)
    bias = 16 * torch.sigmoid(attention.cpb_mlp(table))  # (2h−1)×(2w−1)×heads
    rows, columns = (torch.arange(side, device=weight.device) for side in window)
    row = rows[:, None, None, None] - rows[None, None, :, None] + window[0] - 1
    column = columns[None, :, None, None] - columns[None, None, None, :] + window[1] - 1
    cells = window[0] * window[1]
    return bias[row, column].view(cells, cells, -1).permute(2, 0, 1)


def attend(
    attention: nn.Module, cells: Tensor, window: Pair, forbidden: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Cosine attention of SwinV2 (its eq. 2) with timm's weights.

    Args:
        attention: timm's `WindowAttention`.
        cells: B×windows×N×C.
        window: rows and columns of the N cells.
        forbidden: see `forbidden_pairs`.

    Returns:
        The attended cells B×windows×N×C and the weights B×windows×heads×N×N.
    """
    batch, windows, count, channels = cells.shape
    bias = torch.cat([attention.q_bias, torch.zeros_like(attention.q_bias), attention.v_bias])
    qkv = F.linear(cells, attention.qkv.weight, bias)
    qkv = qkv.view(batch, windows, count, 3, attention.num_heads, -1)
    query, key, value = qkv.permute(3, 0, 1, 4, 2, 5)  # each B×windows×heads×N×C/heads
    query, key = (F.normalize(vectors, dim=-1, eps=LEAST_LENGTH) for vectors in (query, key))
    similarity = query @ key.transpose(-2, -1)
    scale = attention.logit_scale.clamp(max=math.log(100)).exp()
    logits = similarity * scale + position_bias(attention, window)
    if forbidden is not None:
        logits = logits.masked_fill(forbidden[:, None], -torch.inf)
    weights = logits.softmax(dim=-1)
    context = (attention.attn_drop(weights) @ value).transpose(2, 3)
    context = context.reshape(batch, windows, count, channels)
    return attention.proj_drop(attention.proj(context)), weights


def run_block(
    block: SwinTransformerV2Block, cells: Tensor, window_limit: int
) -> tuple[Tensor, WindowedAttention, bool]:
    """One SwinV2 block: attention, then MLP, each normalised after it (residual post-norm).

    Args:
        block: timm's block.
        cells: B×H×W×C.
        window_limit: side of a window; it is clipped to the features, and where one window
            covers them there is no shift.

    Returns:
        The cells, the attention, and whether the windows were shifted.
    """
    size = (cells.shape[1], cells.shape[2])
    window = (min(window_limit, size[0]), min(window_limit, size[1]))
    shift = tuple(
        0 if length <= side else step
        for length, side, step in zip(size, window, block.target_shift_size, strict=True)
    )
    padded = tuple(-(-length // side) * side for length, side in zip(size, window, strict=True))
    x = F.pad(cells, (0, 0, 0, padded[1] - size[1], 0, padded[0] - size[0]))
    x = torch.roll(x, (-shift[0], -shift[1]), dims=(1, 2))
    forbidden = forbidden_pairs(size, padded, window, shift, cells.device)
    x, weights = attend(block.attn, split_windows(x, window), window, forbidden)
    x = torch.roll(join_windows(x, window, padded), shift, dims=(1, 2))
    x = x[:, : size[0], : size[1]]
    cells = cells + block.drop_path1(block.norm1(x))
    cells = cells + block.drop_path2(block.norm2(block.mlp(cells)))
    windows = (padded[0] // window[0], padded[1] // window[1])
    return cells, WindowedAttention(weights, windows, window), any(shift)


def run_blocks(
    blocks: nn.ModuleList, cells: Tensor, window_limit: int
) -> tuple[Tensor, WindowedAttention]:
    """All blocks of a stage, B×H×W×C to the same shape.

    Returns:
        The cells, and the attention of the last block whose windows are not shifted: there a
        window is a rectangle of the image.
    """
    attention = None
    for block in blocks:
        cells, found, shifted = run_block(block, cells, window_limit)
        attention = attention if shifted else found
    return cells, attention


class SwinEncoder(nn.Module):
    """The four stages of a SwinV2, one call a stage, so that a method can act between them.

    Args:
        body: timm's network without a classifier.
        windows: side of the windows of each stage.
    """

    strides = (4, 8, 16, 32)

    def __init__(self, body: SwinTransformerV2, windows: tuple[int, ...]) -> None:
        super().__init__()
        self.body = body
        self.windows = windows
        self.channels: tuple[int, ...] = tuple(info["num_chs"] for info in body.feature_info)

    def embed(self, images: Tensor) -> Tensor:
        """B×3×H×W to one token for each 4×4 patch, B×H/4×W/4×C."""
        return self.body.patch_embed(images)

    def stage(self, index: int, cells: Tensor) -> tuple[Tensor, WindowedAttention]:
        """Stage `index` (from 0): patch merging but for the first, then the blocks.

        The last stage ends with the network's own normalisation.

        Args:
            index: 0 to 3.
            cells: B×H×W×C of the stage before, or the embedding.

        Returns:
            B×H'×W'×C' and the attention, see `run_blocks`.
        """
        layer = self.body.layers[index]
        cells, attention = run_blocks(layer.blocks, layer.downsample(cells), self.windows[index])
        if index == len(self.windows) - 1:
            cells = self.body.norm(cells)
        return cells, attention


def swin_encoder(
    variant: str, pretrained: bool | str | Path = False, drop_path: float = 0.0
) -> SwinEncoder:
    """SwinV2-B at 256 for `paper`, a narrow SwinV2 of eight blocks for `compact`."""
    if variant == "paper":
        body = timm_model(
            PAPER_SWIN, pretrained, num_classes=0, strict_img_size=False, drop_path_rate=drop_path
        )
        return SwinEncoder(body, PAPER_WINDOWS)
    body = SwinTransformerV2(
        img_size=256,
        num_classes=0,
        embed_dim=COMPACT_EMBEDDING,
        depths=(2, 2, 2, 2),
        num_heads=(1, 2, 4, 8),
        window_size=COMPACT_WINDOWS,
        pretrained_window_sizes=COMPACT_WINDOWS,
        strict_img_size=False,
        drop_path_rate=drop_path,
    )
    return SwinEncoder(body, COMPACT_WINDOWS)


def transformer_parameters(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of all Swin parts of a network, each once; empty for one without any."""
    found = {}
    for module in network.modules():
        if isinstance(module, (SwinTransformerV2, SwinTransformerV2Block)):
            found |= {id(parameter): parameter for parameter in module.parameters()}
    return list(found.values())


def start_xavier(encoder: nn.Module) -> None:
    """Give an encoder, or some blocks, random weights that a narrow network learns from at once.

    timm's have a deviation of 0.02 and blocks that add nothing at first, as the norm that ends
    them begins at 0: right for widths of 96 and more and for long training. At a width of 20
    attention then gives values of deviation 0.004, whose variance is that of the norm's epsilon;
    here it is 0.3. Weights are Xavier's, and each block begins with half its norm.
    """
    for module in encoder.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, SwinTransformerV2Block):
            nn.init.constant_(module.norm1.weight, 0.5)
            nn.init.constant_(module.norm2.weight, 0.5)
