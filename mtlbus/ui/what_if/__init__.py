"""The What if page: a picture changed step by step, and the networks before and after."""
