"""The command line; no module here imports PyQt6 before a window is really opened."""
