"""All images at hand as a contact sheet: search, filter, open, and walk on from one to the next."""
