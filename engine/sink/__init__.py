"""Where results go: video, pictures, masks, a virtual camera."""

from engine.sink.alpha import AlphaRecorder, CutoutPngSink
from engine.sink.base import Sink
from engine.sink.coco import CocoJsonSink, finish_coco
from engine.sink.formats import ALPHA_FORMATS, VIDEO_FORMATS
from engine.sink.masks import LabelPngSink
from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.screenshot import save_screenshot, unique_path
from engine.sink.virtual_camera import VirtualCameraSink
from engine.sink.worker import WhenFull

__all__ = [
    "ALPHA_FORMATS",
    "VIDEO_FORMATS",
    "AlphaRecorder",
    "CocoJsonSink",
    "CutoutPngSink",
    "LabelPngSink",
    "RecorderOptions",
    "Sink",
    "VideoRecorder",
    "VirtualCameraSink",
    "WhenFull",
    "finish_coco",
    "save_screenshot",
    "unique_path",
]
