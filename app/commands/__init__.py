"""What the commands of the table do (`app/held/shortcuts.py`), a file for each of its groups."""
