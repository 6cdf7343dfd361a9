"""Opening and closing what is seen."""

from __future__ import annotations

from app.acting.cameras import Cameras
from app.acting.choosing import Choosing
from app.acting.retry import Retry
from app.acting.sources import Sources
from app.held.shortcuts import Handlers


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
