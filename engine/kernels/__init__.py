"""The inner loops: per-pixel work on CPU and GPU."""
