"""BBE Live's window and command line around the engine."""
