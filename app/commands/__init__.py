"""What the commands of the table do (`app/shortcuts.py`), a file for each of its groups."""
