"""The form of a card: what it has to be for anything here to read it; it may say more."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_TEXT, _NUMBER, _COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}
_NUMBER_OR_NONE, _WHOLE_OR_NONE = {"type": ["number", "null"]}, {"type": ["integer", "null"]}
_OBJECT, _OBJECT_OR_NONE = {"type": "object"}, {"type": ["object", "null"]}
_THREE = {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _parts(form: dict[str, Any], *needed: str, **parts: Any) -> dict[str, Any]:
    """An object with parts of these forms; those that are needed have to be there."""
    return {**form, "required": list(needed), "properties": parts}


def _all(form: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return _parts(form, *parts, **parts)


_ENDS = dict.fromkeys(("value", "low", "high"), _NUMBER_OR_NONE)
_FIGURE = {"type": ["object", "number", "null"], "required": ["value"], "properties": _ENDS}
_FIGURES = {**_parts(_OBJECT_OR_NONE, n=_COUNT), "additionalProperties": _FIGURE}
_JUDGED = {
    **_parts(_OBJECT, "n", n=_COUNT, groups=_COUNT, empty_masks=_COUNT),
    "additionalProperties": {**_FIGURE, "type": ["object", "null"]},
}
_MOVED = _all(_OBJECT_OR_NONE, value=_NUMBER, low=_NUMBER, high=_NUMBER)
_MOST = _all(_OBJECT_OR_NONE, value=_NUMBER, low=_NUMBER, high=_NUMBER, max=_NUMBER)
_COUNTS = {**_OBJECT_OR_NONE, "additionalProperties": _COUNT}
_RECIPE = _parts(
    _OBJECT_OR_NONE,
    weighting={"enum": ["fixed", "dwa", "learned", "gradnorm", "pcgrad", "cagrad"]},
    stages=_list_of(_list_of(_COUNT)),
    optimizer=_TEXT, schedule=_TEXT, class_loss=_TEXT,
    **dict.fromkeys((
        "learning_rate", "weight_decay", "batch_size", "mask_weight", "class_weight",
        "cross_entropy_weight", "dice_weight", "side_weight", "positive_weight",
        "label_smoothing",
    ), _NUMBER),
)  # fmt: skip
_TRAINING = _parts(
    _OBJECT_OR_NONE,
    data=_COUNTS, validation=_COUNTS, test=_COUNTS, groups=_COUNTS,
    fold=_WHOLE_OR_NONE, epoch=_WHOLE_OR_NONE, epochs=_WHOLE_OR_NONE, seconds=_NUMBER_OR_NONE,
    recipe=_RECIPE, machine=_TEXT, command=_TEXT, initial_weights=_TEXT, initial_method=_TEXT,
    before={"$ref": "#/$defs/training"},
)  # fmt: skip
_SPEC = _parts(
    _OBJECT, "input_size", "mean", "std", "maps", "tasks",
    input_size={"type": "integer", "minimum": 16, "maximum": 2048},
    mean=_THREE, std={**_THREE, "items": {"type": "number", "exclusiveMinimum": 0}},
    maps=_list_of(_all(_OBJECT, name=_NAME, kind=_NAME)),
    tasks=_list_of(_all(_OBJECT, name=_NAME, kind=_NAME)),
)  # fmt: skip
_POINT = _parts(
    _OBJECT,
    "threshold",
    threshold={"type": "number", "minimum": 0, "maximum": 1},
    validation=_FIGURES,
    test=_FIGURES,
)
_RATES = {**_OBJECT_OR_NONE, "additionalProperties": _FIGURES}
_SILENCED = _all(
    _OBJECT, probability=_MOST, dice=_MOVED, added=_NUMBER_OR_NONE, silent={"type": "boolean"}
)

CARD_FORM = Draft202012Validator({
    **_parts(
        _OBJECT, "method", "variant", "options", "weights_sha256", "parameters", "spec",
        method=_NAME, title=_NAME, variant=_NAME, options=_OBJECT,
        weights_sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
        parameters={"type": "integer", "minimum": 1},
        spec=_SPEC,
        training={"$ref": "#/$defs/training"},
        temperature={"type": ["number", "null"], "exclusiveMinimum": 0},
        operating_points={**_OBJECT_OR_NONE, "additionalProperties": _POINT},
        default_operating_point={"type": ["string", "null"]},
        metrics=_parts(
            _OBJECT_OR_NONE, "datasets",
            datasets={**_OBJECT, "additionalProperties": _JUDGED}, pooled=_FIGURES,
        ),
        licences=_list_of(_TEXT), intended_use=_TEXT, limits=_TEXT,
        exclusions={**_OBJECT_OR_NONE, "additionalProperties": _list_of(_TEXT)},
        calibration=_OBJECT_OR_NONE,
        cost=_all(
            _OBJECT_OR_NONE, flops=_NUMBER, milliseconds=_NUMBER_OR_NONE, fastest=_NUMBER_OR_NONE,
            slowest=_NUMBER_OR_NONE, threads=_COUNT, machine=_TEXT, size=_COUNT, forwards=_COUNT,
        ),
        gates=_parts(
            _OBJECT_OR_NONE, fixed_share={**_OBJECT, "additionalProperties": _NUMBER_OR_NONE}
        ),
        judgement=_OBJECT_OR_NONE,
        presence=_parts(_OBJECT_OR_NONE, threshold=_NUMBER_OR_NONE, validation=_RATES, test=_RATES),
        trained_with_normals={"type": ["boolean", "null"]},
        silence=_parts(_OBJECT_OR_NONE, "parts", parts={
            **_OBJECT, "additionalProperties": _SILENCED,
        }),
        external={**_list_of(_all(_OBJECT, name=_TEXT, n=_COUNT, date=_TEXT, figures={
            **_OBJECT, "additionalProperties": _FIGURE,
        })), "type": ["array", "null"]},
    ),
    "$defs": {"training": _TRAINING},
})  # fmt: skip

HISTORY_FORM = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["epoch", "size"],
            "properties": {"epoch": {"type": "integer"}, "size": {"type": "integer"}},
            "additionalProperties": {"type": ["number", "null"]},
        },
    }
)
