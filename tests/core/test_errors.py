"""Errors that a person sees."""

from __future__ import annotations

import pytest

from mtlbus.core.errors import MtlbusError, UnknownNameError, choose


def test_the_closest_name_is_offered_and_all_are_listed():
    message = str(UnknownNameError("method", "mtl_coza", ["mtl", "mtl_cosa", "resnet"]))
    assert "'mtl_coza'" in message and "Did you mean 'mtl_cosa'?" in message
    assert message.endswith("Allowed: mtl, mtl_cosa, resnet.")


def test_nothing_is_offered_when_nothing_is_close():
    assert "Did you mean" not in str(UnknownNameError("method", "zzz", ["mtl"]))


def test_choose():
    assert choose("size", "b", ("a", "b")) == "b"
    with pytest.raises(MtlbusError, match="Unknown size 'c'"):
        choose("size", "c", ("a", "b"))
