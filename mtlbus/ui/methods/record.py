"""The sections of a card that report: the paper's own tables, the training, the model card."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import streamlit as st

from ...checkpoints import CARD, Checkpoint
from ...core.card import Card, Metrics, Training
from ...core.errors import CheckpointError
from ...core.quantities import CALLS, QUANTITIES
from ...core.spec import PaperRecipe, Spec
from ...core.text import literal, printable
from ...data.dataset import TITLES
from ...figures.training_curve import training_figure
from ...findings import operating_points
from ...methods import get_spec
from ...training.recipe_words import loss_words, start_words
from .. import charts, services
from ..tables import show_table

LOG = logging.getLogger("mtlbus")
SHOWN = (
    "auc", "sensitivity", "specificity", "accuracy", "f1", "brier", "ece", "dice", "jaccard",
    "hd95", "assd",
)  # fmt: skip
OPTIMISERS = {"adam": "Adam", "adamw": "AdamW"}
PARTS = {"data": "training", "validation": "validation", "test": "test"}


def in_the_paper(spec: Spec) -> None:
    """The figures that the paper prints, and what is wrong in it."""
    if spec.reported:
        st.caption(
            "Printed in the papers, on other images, splits and starting weights: not comparable "
            "with what is measured here, nor one paper with another."
        )
    else:
        st.info("No table of the paper is available here.", icon=":material/menu_book:")
    for table in spec.reported:
        st.markdown(f"**{table.caption}**, {table.data}")
        frame = pd.DataFrame(table.rows, columns=table.columns)
        show_table(frame, f"{table.caption}, {table.data}.", width="content")
        st.caption(table.caveat)
    if spec.paper_errors:
        st.subheader("Errors and gaps")
        st.markdown("\n".join(f"- {error}" for error in spec.paper_errors))


def training(spec: Spec) -> None:
    """How the weights came to be, and how the paper would train."""
    checkpoint = services.available().get(spec.name)
    if checkpoint is None:
        _untrained(spec)
    else:
        _course(checkpoint)
    st.subheader("The paper's recipe")
    if spec.recipe is None:
        st.markdown("The source states none, or it could not be read.")
        return
    st.markdown(_recipe_words(spec.recipe))
    st.caption(f"{spec.recipe.note} On the command line: `--recipe paper`.")


def _untrained(spec: Spec) -> None:
    st.info(
        f"No trained weights ship yet for {spec.title}. So there is no curve, no threshold and no "
        "figure of it here. Train it:",
        icon=":material/model_training:",
    )
    st.code(
        f"python -m mtlbus train {spec.name} --data LAYOUT=PATH --fold 1 "
        f"--out checkpoints/{spec.name}",
        language="bash",
        wrap_lines=True,
    )
    st.caption(
        "LAYOUT is one of the dataset layouts that `python -m mtlbus data --help` lists, for "
        "example busi or busbra; PATH is where it lies."
    )


def _history(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    try:
        return checkpoint.history
    except CheckpointError as error:
        LOG.warning("A course of training is left out: %s", printable(error))
        st.warning(
            "The course of the training is left out, because its file is broken. The server's log "
            "says what is wrong.",
            icon=":material/warning:",
        )
        return []


def _course(checkpoint: Checkpoint) -> None:
    about = checkpoint.card.training
    rounds, history = checkpoint.rounds, _history(checkpoint)
    if history:
        several = f", the last of {len(rounds)} rounds; all are listed below"
        st.markdown(f"**Training{several if len(rounds) > 1 else ''}**")
    if not history:
        st.info("No course of the training was kept with these weights.", icon=":material/info:")
    else:
        figure = training_figure(history, about and about.epoch)
        charts.show(
            figure,
            "_training",
            "Losses on the training images and figures on the validation part, by epoch.",
        )
        st.caption(
            "Dice and AUC are those of the validation part, on which the kept epoch (large points) "
            "was chosen; dotted lines mark where the input size changes. Losses of different sizes "
            "and rounds do not compare."
        )
        charts.offer("Training", figure, f"training_{checkpoint.method}")
    if len(rounds) > 1:
        total = "" if checkpoint.epochs is None else f"; {checkpoint.epochs} epochs in all"
        st.markdown(
            f"**The {len(rounds)} rounds**, each of which went on from the weights of the one "
            f"before{total}"
        )
    if rounds and rounds[-1].recipe:
        spec = get_spec(checkpoint.method)
        frame = pd.DataFrame([_round_row(one, n, spec) for n, one in enumerate(rounds, start=1)])
        losses = list(dict.fromkeys(frame["Loss"]))
        if len(losses) == 1:  # else each round says its own
            st.markdown(f"**Loss{' of all rounds' if len(rounds) > 1 else ''}:** {losses[0]}")
            frame = frame.drop(columns="Loss")
        show_table(frame, "The rounds of the training.")


def _round_row(one: Training, number: int, spec: Spec) -> dict[str, Any]:
    recipe = one.recipe or {}
    stages = ", ".join(f"{epochs} × {size} px" for epochs, size in recipe.get("stages", ()))
    return {
        "Round": number,
        "Epochs × input": stages,
        "Kept epoch": one.epoch,
        "Start": start_words(one, spec.name),
        "Optimiser": OPTIMISERS.get(recipe.get("optimizer"), recipe.get("optimizer")),
        "Rate": recipe.get("learning_rate"),
        "Batch": recipe.get("batch_size"),
        "Minutes": None if one.seconds is None else round(one.seconds / 60),
        "Machine": one.machine,
        "Loss": loss_words(recipe, spec.segments, spec.classifies),
    }


def _recipe_words(recipe: PaperRecipe) -> str:
    """The recipe in one paragraph; zero means that it plays no part."""
    weights = {"mask": recipe.mask_weight, "class": recipe.class_weight}
    tasks = " and ".join(f"{name} {weight:g}" for name, weight in weights.items() if weight)
    weighting = {
        "fixed": f"losses weighed {tasks}",
        "dwa": "losses balanced by dynamic weight averaging",
        "learned": "losses with learned weights",
    }[recipe.weighting]
    decay = f", weight decay {_power(recipe.weight_decay)}" if recipe.weight_decay else ""
    optimiser = OPTIMISERS.get(recipe.optimizer, recipe.optimizer)
    return (
        f"{optimiser}, rate {_power(recipe.learning_rate)}{decay}, batch "
        f"{recipe.batch_size}, {recipe.epochs} epochs at {recipe.input_size}×{recipe.input_size} "
        f"pixels, {'stretched' if recipe.fit == 'resize' else 'padded'} to a square, "
        f"{recipe.schedule} rate; {weighting}; the {recipe.select} epoch is kept."
    )


def _power(value: float) -> str:
    """A small number as "5e-4"."""
    return f"{value:.0e}".replace("e-0", "e-")


def model_card(spec: Spec) -> None:
    """Everything that the card of the weights says; says so where there are none."""
    checkpoint = services.available().get(spec.name)
    if checkpoint is None:
        _untrained(spec)
        return
    card, about = checkpoint.card, checkpoint.card.training or Training()
    st.markdown(f"**Intended use.** {literal(card.intended_use)}")
    st.markdown(f"**Limits.** {literal(card.limits)}")
    st.subheader("Data and protocol")
    _data(about)
    if card.operating_points:
        st.subheader("Thresholds")
        _thresholds(card)
    st.subheader("Metrics on the test images")
    _metrics(card)
    st.subheader("Licences and origin")
    licences = [f"- {literal(line)}" for line in card.licences]
    st.markdown("\n".join(licences) or "Not stated.")
    st.markdown("SHA-256 of the weights")
    st.code(checkpoint.digest, language=None, wrap_lines=True)
    if about.command:
        st.markdown("Made by")
        st.code(about.command, language="bash", wrap_lines=True)
    st.download_button(
        f"The card ({CARD})", (checkpoint.folder / CARD).read_bytes(),
        f"{spec.name}_{CARD}", "application/json", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _data(about: Training) -> None:
    parts = {name: counts for name in PARTS if (counts := getattr(about, name)) is not None}
    if not parts:
        st.markdown("The card does not say.")
        return
    datasets = list(dict.fromkeys(dataset for counts in parts.values() for dataset in counts))
    groups = about.groups or {}
    rows = [
        {
            "Part": PARTS[name],
            **{TITLES.get(dataset, dataset): counts.get(dataset, 0) for dataset in datasets},
            "Images": sum(counts.values()),
            "Groups": groups.get(name),
        }
        for name, counts in parts.items()
    ]
    show_table(rows, "Images and groups of each part.")
    protocol = [
        f"Fold {about.fold} of 5 is the test part." if about.fold else "",
        "A group (a patient, or near-duplicate images) stays within one part.",
        "Epoch, thresholds and temperature were chosen on the validation part; the test part was "
        "read once, at the end.",
        "" if about.seed is None else f"Seed {about.seed}.",
    ]
    st.caption(" ".join(line for line in protocol if line))


def _thresholds(card: Card) -> None:
    rows = []
    for point in operating_points(card).values():
        test = point.entry.test or {}
        rows.append(
            {
                "Point": point.name,
                "Probability from": f"{point.threshold:.3f}",
                "Sensitivity": CALLS["sensitivity"].figure(test.get("sensitivity")),
                "Specificity": CALLS["specificity"].figure(test.get("specificity")),
                "Purpose": point.entry.purpose,
            }
        )
    show_table(rows, "Thresholds and what they are worth.")
    temperature = card.temperature
    st.caption(
        "Chosen on real images of the validation part; sensitivity and specificity are those of "
        "the real test images, with 95 % Wilson intervals."
        + (f" Temperature of the probabilities: {temperature:.2f}." if temperature else "")
    )


def _metrics(card: Card) -> None:
    metrics = card.metrics or Metrics(datasets={})
    entries = {TITLES.get(name, name): entry for name, entry in metrics.datasets.items()}
    if metrics.pooled:
        entries["real, pooled"] = metrics.pooled
    if not entries:
        st.markdown("None were measured.")
        return
    rows = [
        {
            "Metric": QUANTITIES[key].head,
            **{
                f"{title} (n {entry['n']})": QUANTITIES[key].figure(entry.get(key))
                for title, entry in entries.items()
            },
        }
        for key in SHOWN
        if any(key in entry for entry in entries.values())
    ]
    show_table(rows, "Metrics by dataset.")
    st.caption(
        "At the default threshold; in brackets 95 % intervals by a bootstrap over groups. Phantoms "
        "are simulated and never pooled with real images. Pixels are those of 256×256; what each "
        "number is stands on Performance under All metrics."
    )
