"""Under which terms everything here may be used: the same words as in the README."""

from __future__ import annotations

import streamlit as st

TERMS = """\
- **Use**: research and education only. Most networks know only images with a lesion, all from
  few devices of two countries. They are not a medical device and must not guide care.
- **Code**: Apache-2.0, see `mtlbus/LICENSE`.
- **Weights** were trained on the two collections below, those of `openkbp` on OpenKBP (Babier et
  al., Medical Physics 48:5549, 2021; MIT); use them under the terms of these. ImageNet
  weights that some began with are EfficientNet-Lite0's, Apache-2.0.
- **Data**, not part of this project: BUSI (Al-Dhabyani, Gomaa, Khaled, Fahmy: Dataset of breast
  ultrasound images, Data in Brief 28:104863, 2020; the authors' own terms) and BUS-BRA
  (Gómez-Flores, Gregorio-Calas, Coelho de Albuquerque Pereira: BUS-BRA, Medical Physics, 2023; free
  use with citation). Phantoms are computed here, of nobody's data.
- **Libraries**: Apache-2.0 (Streamlit, timm, safetensors, accelerate), BSD (PyTorch, torchvision,
  Captum, NumPy, SciPy, pandas, scikit-learn, contourpy, threadpoolctl, psutil, tifffile,
  imagecodecs, Jinja2), MIT (Plotly, pydicom, openpyxl, pydantic, PyYAML), MIT-CMU (Pillow), Python
  Software Foundation License (Matplotlib), OFL-1.1 (Noto Sans CJK).
"""


def show() -> None:
    """The terms, closed until somebody asks."""
    with st.expander("Terms: use, code, weights, data, libraries", icon=":material/gavel:"):
        st.markdown(TERMS)
