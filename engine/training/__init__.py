"""Training, export and evaluation of the network."""
