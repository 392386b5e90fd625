"""From an image to a prediction in the image's own grid."""
