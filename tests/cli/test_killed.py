"""kill -9 in the moment when a result is written: the old file stays, and the next try works."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mtlbus.cli import main
from tests.made import make_manifest, untrained_checkpoint

OLD = b"what was there before"


def killed(words: list[str]) -> int:
    """The signal that ended a copy of this process, which dies when a file would be replaced."""
    copy = os.fork()
    if copy == 0:
        os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
        main(words)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(copy, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
@pytest.mark.parametrize("verb", ["evaluate", "predict", "audit"])
def test_the_old_file_stays_whole(verb, tmp_path, capsys):
    manifest = make_manifest(tmp_path / "data", 12)
    untrained_checkpoint(tmp_path / "lenet", "lenet")
    out, results = tmp_path / "out", {"predict": "predictions.json"}
    file = out / results.get(verb, "rows.csv")
    words = {
        "evaluate": ["evaluate", str(tmp_path / "lenet"), "--data", f"manifest={manifest}",
                     "--out", str(file)],
        "predict": ["predict", str(tmp_path / "data" / "0.png"), "--method",
                    str(tmp_path / "lenet"), "--out", str(out)],
        "audit": ["audit", str(manifest), "--layout", "manifest", "--out", str(file)],
    }[verb]  # fmt: skip
    out.mkdir()
    Path(file).write_bytes(OLD)
    assert killed(words) == signal.SIGKILL
    assert file.read_bytes() == OLD
    assert main(words) == 0, capsys.readouterr().err
    assert file.read_bytes() != OLD
