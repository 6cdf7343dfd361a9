"""What an address is called, without its secrets."""

from __future__ import annotations

from urllib.parse import urlsplit


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
