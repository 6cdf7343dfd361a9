"""Crops made with PyTorch where the network trains, whole batches at once."""
