"""kill -9 in the moment when a result is written: the old file stays, and the next try works."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mtlbus.cli import main
from tests.made import make_manifest, untrained_checkpoint

OLD = b"what was there before"

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning"),
]


def killed(words: list[str], name: str = "") -> int:
    """The signal that ended a copy of this process, which dies when a file of this name, or any,
    would be replaced."""
    copy = os.fork()
    if copy == 0:
        replace = os.replace
        os.replace = lambda old, new: (
            os.kill(os.getpid(), signal.SIGKILL) if str(new).endswith(name) else replace(old, new)
        )
        main(words)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(copy, 0)[1])


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


FILES = (
    "training.pt", "images.csv", "model.safetensors", "card.json", "predictions.csv", "rows.csv",
    "crossvalidation.csv", "crossvalidation.json",
)  # fmt: skip


def test_cross_validation_goes_on_wherever_it_was_killed(tmp_path, capsys):
    """In each of its files one after the other: the end is that of a run that was not."""
    manifest = make_manifest(tmp_path / "data", 40)

    def words(out: str) -> list[str]:
        return ["crossvalidate", "lenet", "--data", f"manifest={manifest}", "--fold", "1",
                "--epochs", "1", "--size", "64", "--out", str(tmp_path / out)]  # fmt: skip

    for out, deaths in (("whole", ()), ("cut", FILES)):
        assert [killed(words(out), name) for name in deaths] == [signal.SIGKILL] * len(deaths)
        assert main(words(out)) == 0, capsys.readouterr().err
    ends = [
        {path.name: path.read_bytes() for path in (tmp_path / out).rglob("*") if path.is_file()}
        for out in ("whole", "cut")
    ]
    assert ends[0].keys() == ends[1].keys(), "nothing half-written stays"
    for name in ("rows.csv", "crossvalidation.csv", "predictions.csv", "model.safetensors"):
        assert ends[0][name] == ends[1][name], name
