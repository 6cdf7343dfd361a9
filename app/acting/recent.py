"""What was shown last, to be opened again."""

from __future__ import annotations

from pathlib import Path

from app.held.backend import SourceRequest
from app.held.kept import Kept
from app.held.settings import SettingsStore
from app.shown.empty_state import EmptyState
from app.shown.source_menu import SourceMenu
from engine.source.address import name_of_url

MOST = 8
_BETWEEN = "\n"


class Recent:
    """Keeps files, folders and addresses that pictures came from, the last one first.

    An address with a user, a password or a query is not kept: it may hold a secret. What another
    window adds or forgets meanwhile holds here, too, from the next change on.
    """

    def __init__(
        self, menu: SourceMenu, start_page: EmptyState, kept: Kept, store: SettingsStore
    ) -> None:
        self._menu, self._start_page, self._kept, self._store = menu, start_page, kept, store
        menu.forget_wanted.connect(self.forget)
        self._show()

    def remember(self, request: SourceRequest | None) -> None:
        """Pictures come from it."""
        if request is None or (text := _to_text(request)) is None:
            return
        elsewhere = self._store.recent_elsewhere()
        if elsewhere is not None:
            self._keep(_split(elsewhere))
        others = [line for line in self._lines() if line != text]
        self._keep([text, *others][:MOST])

    def forget(self) -> None:
        """All of them."""
        self._keep([])

    def _lines(self) -> list[str]:
        return _split(self._kept.view.recent)

    def _keep(self, lines: list[str]) -> None:
        if lines != self._lines():
            self._kept.change_view(recent=_BETWEEN.join(lines))
            self._show()

    def _show(self) -> None:
        requests = [_to_request(line) for line in self._lines()]
        self._menu.set_recent(requests)
        self._start_page.set_recent(requests)


def _split(text: str) -> list[str]:
    return [line for line in text.split(_BETWEEN) if line]


def _to_text(request: SourceRequest) -> str | None:
    """None for what is not kept."""
    if request.is_address:
        text = str(request.spec)
        return text if text == name_of_url(text) else None
    if not request.is_file or isinstance(request.spec, (tuple, int)):
        return None
    text = str(Path(request.spec).absolute())
    return None if _BETWEEN in text else text


def _to_request(text: str) -> SourceRequest:
    return SourceRequest(text if "://" in text else Path(text))
