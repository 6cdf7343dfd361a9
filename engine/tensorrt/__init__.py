"""TensorRT in the place of CUDA: its engine is built beside, kept, and taken between two frames."""
