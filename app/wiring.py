"""How the parts of the main window lie, and which hears which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.backend import SourceRequest
from app.controls.widgets import plain_tip
from app.focus_keys import FocusKeys
from app.icons import logo

if TYPE_CHECKING:
    from app.main_window import MainWindow


def lay_out(window: MainWindow) -> QWidget:
    """Header, picture beside panel, transport; returns what they lie in."""
    window.setWindowTitle("BBE Live")
    window.setWindowIcon(QIcon(logo(64, 2.0)))
    window.setMinimumSize(760, 520)
    window.resize(1280, 800)
    root = QWidget()
    root.setObjectName("root")
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(window.stage, 1)
    middle.addWidget(window.panel)
    column = QVBoxLayout(root)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(window.header)
    column.addLayout(middle, 1)
    column.addWidget(window.transport)
    window.setCentralWidget(root)
    window.stage.view.setFocus()  # else Qt gives it to the first button
    return root


def connect(window: MainWindow) -> None:
    """Signals of the parts to what the window does about them."""
    _connect_player(window)
    _connect_bars(window)
    _connect_panel(window)
    FocusKeys(window)
    window.options.changed.connect(window.on_options)
    window.options.concealed.connect(window.notices.tell_of_newcomers)
    window.options.untracked.connect(window.notices.tell_untracked)
    window.help.closed.connect(window.help.hide)
    window.help.left.connect(window.stage.view.setFocus)
    window.remembering.failed.connect(window.notices.tell_unkept)
    window.quitter.done.connect(window.on_done)


def _connect_player(window: MainWindow) -> None:
    player, view = window.player, window.stage.view
    player.changed.connect(window.news.on_state)
    player.arrived.connect(window.on_arrived)
    player.began.connect(window.retry.on_began)
    player.changed.connect(window.sound.on_state)
    player.arrived.connect(window.sound.on_arrived)
    player.sought.connect(window.sound.on_sought)
    player.ended.connect(lambda _state: window.keeping.show_recording())
    player.beginning.connect(window.options.forget_people)
    player.beginning.connect(window.retry.on_beginning)
    player.going_on.connect(window.retry.on_going_on)
    view.painted.connect(player.painted)
    # Queued: widgets must not change while the picture is being painted.
    queued = Qt.ConnectionType.QueuedConnection
    view.painted.connect(window.on_painted, type=queued)  # type: ignore[call-arg]  # not in stubs
    view.clicked.connect(window.select)
    view.hovered.connect(lambda track_id: view.setToolTip(_tip(window, track_id)))
    view.double_clicked.connect(window.actions_by_name["fullscreen"].trigger)
    view.menu_wanted.connect(window.open_menu)


def _tip(window: MainWindow, track_id: int) -> str:
    return plain_tip(window.options.name_of(track_id)) if track_id != -1 else ""


def _connect_bars(window: MainWindow) -> None:
    window.transport.seek.sought.connect(window.player.seek)
    window.transport.speed_chosen.connect(window.set_speed)
    window.transport.sound.volume_chosen.connect(window.sound.set_volume)
    window.header.menu.camera_chosen.connect(window.cameras.open)
    window.header.menu.refresh_wanted.connect(window.cameras.look)
    window.stage.empty.camera_wanted.connect(window.cameras.open_first)
    window.stage.empty.file_wanted.connect(window.sources.choose_file)
    window.stage.empty.demo_wanted.connect(window.sources.open_demo)
    window.stage.address.entered.connect(lambda text: window.sources.open(SourceRequest(text)))


def _connect_panel(window: MainWindow) -> None:
    panel = window.panel
    panel.people.selected.connect(window.select)
    panel.model.wanted.connect(window.set_runtime)
    panel.model.file_wanted.connect(window.sources.choose_model)
    panel.camera.wanted.connect(window.cameras.set_size)
    panel.camera.mirror_wanted.connect(window.cameras.set_mirror)
    panel.saving.record_wanted.connect(lambda kind: window.kept.change_view(record=kind))
    panel.saving.folder_wanted.connect(window.keeping.choose_folder)
    panel.saving.clean_wanted.connect(lambda on: window.kept.change_view(clean_screenshot=on))
    panel.saving.camera_wanted.connect(window.keeping.virtual_camera.set_wanted)
    panel.appearance.wanted.connect(window.chrome.set_appearance)
    panel.folded.connect(lambda names: window.kept.change_view(closed_sections=names))
