"""The Mask surgery page: an outline corrected by a reader, and what follows from it."""
