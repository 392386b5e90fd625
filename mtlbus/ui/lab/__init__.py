"""The phantom lab: turn a knob of a simulated breast and see what the networks make of it."""
