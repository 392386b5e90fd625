"""What the Attention page says of silencing: heard, hardly heard alone, silent, not measured."""

from __future__ import annotations

from mtlbus.ui.attention.hearing import hearing_words, parts_of


def part(maps: list[str], probability: float | None, dice: float | None, silent: bool) -> dict:
    moved = probability and {
        "value": probability,
        "low": probability / 2,
        "high": 2 * probability,
        "max": 0.4,
    }
    kept = dice and {"value": dice, "low": dice, "high": dice}
    return {
        "says": f"{maps[0]} is off", "maps": maps, "probability": moved, "dice": kept,
        "added": None, "silent": silent,
    }  # fmt: skip


def silence(*parts: dict) -> dict:
    return {
        "data": {"busi": 20, "busbra": 28},
        "parts": {str(number): one for number, one in enumerate(parts)},
    }


def test_a_part_that_is_heard():
    words, silent = hearing_words(silence(part(["gate"], 0.09, 0.95, False)), ["gate"])
    assert not silent and words.startswith("**The answer hears this.** If gate is off, ")
    assert "moves by 0.090 on average (0.045 to 0.180), at most by 0.400 and" in words
    assert "Dice of 0.950, over 48 test images" in words


def test_a_silent_part_is_called_silent_first():
    words, silent = hearing_words(silence(part(["gate"], 1e-4, 0.9999, True)), ["gate"])
    assert silent and words.startswith("**Silent: no answer hears this.**")
    assert "less than 0.001" in words and "does not explain the answer" in words


def test_one_of_many_may_be_silent_alone():
    both = silence(part(["a", "b"], 0.1, None, False), part(["b"], 0.001, None, True))
    words, silent = hearing_words(both, ["b"])
    assert not silent and words.startswith("**Alone, this is hardly heard.** If b is off")
    assert words.endswith("at most by 0.400.") and "If a is off" in words
    assert [one["maps"] for one in parts_of(both, ["b"])] == [["b"], ["a", "b"]]


def test_nothing_is_said_of_what_was_not_measured():
    assert hearing_words({}, ["gate"]) == ("", False)
    assert hearing_words(silence(part(["gate"], 0.1, 0.9, False)), ["other"]) == ("", False)
