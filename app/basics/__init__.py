"""What all of the window builds on: looks, texts, threads, the display."""
