"""What is shown in the window: its widgets, which know nothing of what acts."""
