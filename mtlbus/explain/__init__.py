"""From a network's inner maps to what a reader can see."""
