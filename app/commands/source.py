"""Opening and closing what is seen."""

from __future__ import annotations

from app.cameras import Cameras
from app.choosing import Choosing
from app.retry import Retry
from app.shortcuts import Handlers
from app.sources import Sources


def source_commands(
    sources: Sources, choosing: Choosing, cameras: Cameras, retry: Retry
) -> Handlers:
    """Command name → what it does."""
    return {
        "open_camera": cameras.open_first,
        "open_file": choosing.choose_file,
        "open_folder": choosing.choose_folder,
        "open_address": choosing.ask_address,
        "open_demo": sources.open_demo,
        "reopen": retry.reopen,
        "close_source": sources.close,
    }
