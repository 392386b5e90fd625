"""The ground floor: what a task, an output, a specification and an error are."""
