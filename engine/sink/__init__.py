"""Where results go: video, pictures, masks, a virtual camera.

Each is imported from its own module: encoders and picture libraries take a tenth of the
time in which the window opens, and whoever only names a `Sink` needs none of them.
"""
