"""What the window holds: settings, choices for people, what was chosen to remember."""
