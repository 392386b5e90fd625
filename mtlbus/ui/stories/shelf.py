"""All stories, to choose from."""

from __future__ import annotations

import streamlit as st

from ...core.text import literal
from . import guide
from .tour import VARIABLE, stories

_NARROWEST = 280  # pixels of a card

_OWN = f"""
A story is a small file. Whoever runs this server puts it into the folder that `{VARIABLE}` names:

```yaml
title: Two lesions, one answer
about: What your students should see in three minutes.
steps:
  - at: predict?case=fibroadenoma&method=mtl
    say: One sentence about this page.
    look: What to look at.
  - at: compare?case=fibroadenoma&methods=mtl,hps
    say: The next page.
```

`at` is the address of a view as the browser shows it, from the name of the page on: look for what
you want to show, and copy its address. Leave the numbers to the page; weights change.
"""


def show() -> None:
    """A card each, and how to write one."""
    with st.grid(3, min_column_width=_NARROWEST, gap="medium"):
        for story in stories().values():
            with st.container(border=True, height="stretch"):
                st.markdown(f"##### {literal(story.title)}")
                st.markdown(literal(story.about))
                st.button(
                    f"Begin · {len(story.steps)} steps", key=f"_begin_{story.name}",
                    icon=":material/play_arrow:", on_click=guide.begin, args=(story.name,),
                )  # fmt: skip
    st.caption("Page down and page up turn the steps, as do the keys of a presenter.")
    with st.expander("Write your own", icon=":material/edit:"):
        st.markdown(_OWN)
