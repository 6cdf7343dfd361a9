"""What is chosen in the dialog for files is shown."""

from __future__ import annotations

import pytest
from PyQt6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit

from tests.app.gui import STRICT, any_file, click, shown_index

pytestmark = STRICT


@pytest.fixture
def choose(open_window, qtbot, scene, tmp_path):
    """Lets a window open some of the files in `tmp_path`, by the button of its start page."""

    def chosen(*names):
        for name in names:
            any_file(tmp_path, name)
        window = open_window()
        window.kept.change_view(last_dir=str(tmp_path))
        click(window.stage.empty.file_button)
        [dialog] = window.findChildren(QFileDialog)
        dialog.findChild(QLineEdit).setText(" ".join(f'"{name}"' for name in names))
        click(dialog.findChild(QDialogButtonBox).buttons()[0])
        qtbot.waitUntil(lambda: shown_index(window) >= 0)
        assert len(scene.requests) == 1
        return window, scene.requests[0].spec

    return chosen


def test_a_film_is_opened(choose, tmp_path):
    _, spec = choose("film.mp4")
    assert spec == tmp_path / "film.mp4"


def test_pictures_chosen_together_are_opened_together_in_the_order_of_their_numbers(
    choose, tmp_path
):
    _, spec = choose("10.png", "9.png", "1.png")
    assert spec == tuple(tmp_path / name for name in ("1.png", "9.png", "10.png"))


def test_of_films_chosen_together_the_first_is_opened_and_that_is_told(choose, tmp_path):
    window, spec = choose("a.mp4", "b.mp4")
    assert spec == tmp_path / "a.mp4"
    assert "Only a.mp4 was opened." in window.stage.banner.text
