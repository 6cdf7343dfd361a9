"""BBE Live's engine: from pictures to people, without a GUI toolkit."""
