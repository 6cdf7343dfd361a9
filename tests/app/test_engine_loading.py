"""An engine that cannot be imported: a broken installation, told as any other failure."""

from __future__ import annotations

import pytest

from tests.app.gui import STRICT, SpySession, click, shown_index

pytestmark = STRICT


@pytest.mark.parametrize("source", [None, "film.mp4"])
def test_an_engine_that_cannot_be_loaded_says_why_and_is_tried_again(
    open_window, qtbot, scene, source
):
    def fail() -> type[SpySession]:
        raise ImportError("Numba needs another NumPy.")

    scene.load_session = fail
    window = open_window(source)
    banner = window.stage.banner
    for answer in (fail, lambda: SpySession):
        qtbot.waitUntil(banner.isVisible)
        assert "Numba needs another NumPy." in banner.text
        assert window.stage.empty.isVisible()
        assert not window.stage.busy.isVisible(), "nothing is being opened any more"
        scene.load_session = answer
        click(banner.buttons[0])
        assert not banner.isVisible()
    if source is None:
        window.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert not banner.isVisible()
