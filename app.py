"""The explorer: `streamlit run app.py`. Navigation and sidebar; the pages are in `pages/`."""

if __name__ == "__main__":  # Streamlit runs this file for each view of a page
    from mtlbus.ui import frame

    frame.run()
elif __name__ == "app":  # and its server loads it once, when it starts
    from streamlit.starlette import App

    from mtlbus.ui import server

    app = App("app.py", lifespan=server.lifespan, middleware=server.MIDDLEWARE)
