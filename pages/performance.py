"""Performance: how good the methods are, from `predictions.csv`, without the dataset."""

from mtlbus.ui.frame import require_frame

require_frame(__file__)  # before torch is loaded

import streamlit as st

from mtlbus.core.errors import MtlbusError
from mtlbus.evaluation import judged_rows
from mtlbus.ui import address, services
from mtlbus.ui.memory import pick
from mtlbus.ui.performance import files, judgement, threshold
from mtlbus.ui.widgets import explain_error, pick_methods

head = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
head.title(
    "Performance",
    width="content",
    help="How good the networks are on images that took no part in their training, and what that "
    "leaves open.",
)
with head.popover("Networks", icon=":material/hub:"):
    methods = pick_methods(everything=True)
if not methods:
    st.info("Choose at least one network above.", icon=":material/info:")
    address.stop()
tables = []
for method in methods:
    try:
        tables.append(judged_rows.load_table(services.checkpoint(method)))
    except MtlbusError as error:
        explain_error(error)
tables = [table for table in tables if judged_rows.choices(table)]
if not tables:
    st.info(
        "None of these networks has judged test images. Run `python -m mtlbus evaluate` first.",
        icon=":material/info:",
    )
    address.stop()

options = judged_rows.choices(tables[0])
with head:
    images = pick(
        "Test images", "images", options, always=True, format_func=judged_rows.literal_title,
        help="Phantoms are simulated and easier; they are never pooled with real images.",
    )  # fmt: skip

count = len(judged_rows.select(tables[0], images))
with st.expander(f"{count} test images, not seen in training", icon=":material/fact_check:"):
    for line in judged_rows.facts(tables, images):
        st.markdown(line)
classifying = [table for table in tables if judged_rows.classifies(table, images)]
others = [table for table in tables if table not in classifying]
if others:
    names = ", ".join(table.title for table in others)
    st.caption(f"Without a class, so only under Outlines and All metrics: {names}.")
if classifying:
    threshold.show(classifying, images, others)
else:
    files.downloads(others, images, {})
if unequal := judged_rows.unequal_training(tables):
    st.caption(unequal)
st.subheader("Look closer")
judgement.show(tables, images)
