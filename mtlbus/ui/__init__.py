"""The only part that knows Streamlit.

A choice that outlives its page is a widget of `memory`, which puts it into the address, too;
whatever else a session keeps is a `session.Slot`.
"""
