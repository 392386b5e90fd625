"""What only a GPU can show; `tests/gpu.sh` runs it. Without one all of it is skipped."""
