"""Lecture mode: one picture as high as the screen, large type, and a keyboard."""
