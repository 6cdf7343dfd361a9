"""What an address is called, without its secrets, and which file it means."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

_BEFORE_DRIVE = re.compile(r"/(?=[A-Za-z]:)")


def name_of_url(url: str) -> str:
    """The address without user, password and query (tokens travel in queries).

    "address" where it is not written as one, which opening it will tell.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "address"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def local_path(address: str) -> Path | None:
    """The file that file:///… means here; None for other addresses, and where it is none.

    On Windows a slash stands before the letter of a drive, and a host is a computer that shares.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() != "file":
        return None
    name = unquote(parts.path, errors="surrogateescape")
    if sys.platform == "win32":
        name = f"//{parts.netloc}{name}" if parts.netloc else _BEFORE_DRIVE.sub("", name, count=1)
    return Path(name)
