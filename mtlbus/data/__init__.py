"""From files on disk, and from physics, to clean images, masks and splits."""
