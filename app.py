"""The explorer: `streamlit run app.py`. Navigation and sidebar; the pages are in `pages/`."""

from mtlbus.ui import frame

frame.run()
