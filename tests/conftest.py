"""Shared by all tests: where the real data would be, and small weights made on the spot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

if "PYTEST_XDIST_WORKER" in os.environ:
    # The tests run side by side, one core each, and so do the servers that they start.
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with BUSI and BUS-BRA; tests that need it are skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("needs the real images in ../shared/data, which are not part of the project")
    return REAL_DATA


@pytest.fixture(autouse=True)
def same_chance():
    """Every test starts from the same seed, whatever ran before it."""
    torch.manual_seed(0)
