"""The main window: lays out its parts, connects them, remembers choices."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QMainWindow

from app.appearance import AppearanceKeeper
from app.backdrops import Backdrops
from app.backend import Backend, SourceRequest
from app.cameras import Cameras
from app.chrome import Chrome
from app.commands import Commands
from app.file_drop import FileDrop
from app.header import Header
from app.help_overlay import HelpOverlay
from app.identities import Identities
from app.keeping import Keeping
from app.kept import Kept
from app.launch import WindowLaunch
from app.looping import Looping
from app.news import News
from app.notices import Notices
from app.options import OptionsModel
from app.person_menu import popup
from app.picture_menu import make_picture_menu
from app.player import Player
from app.preferences import Preferences
from app.quitter import Quitter
from app.recent import Recent
from app.remembering import Remembering
from app.retry import Retry
from app.settings import SettingsStore
from app.shortcuts import connect_actions, make_actions
from app.side_panel import SidePanel
from app.sound import Sound
from app.sources import Sources
from app.stage import Stage
from app.tasks import TaskRunner
from app.transport import Transport
from app.wiring import connect, lay_out
from engine.config import RuntimeOptions
from engine.playback import Playback
from engine.types import Result


class MainWindow(QMainWindow):
    """Everything a user sees. backend: the engine, or fakes in tests."""

    def __init__(self, launch: WindowLaunch, store: SettingsStore, backend: Backend) -> None:
        super().__init__()
        self.backend, self._launch = backend, launch
        stored = store.load()
        self.kept = Kept(stored.view, stored.runtime, self)
        self.appearance = AppearanceKeeper(stored.view.appearance, self)
        runtime = launch.runtime or stored.runtime
        self.options = OptionsModel(stored.settings, self, launch)
        self.remembering = Remembering(self, store, self.options, self.kept)
        self.actions_by_name = make_actions(self)
        self.stage = Stage()
        self.header = Header(self.actions_by_name)
        self.transport = Transport(self.actions_by_name)
        view = launch.over_view(stored.view)
        self.panel = SidePanel(self.options, Preferences(stored.settings, runtime, view))
        self.tasks = TaskRunner(self)
        self.player = Player(backend, self.tasks, self)
        self.looping = Looping(self, launch.loop)
        self.sound = Sound(self)
        self.sources = Sources(self)
        self.cameras = Cameras(self, view)
        self.retry = Retry(self)
        self.keeping = Keeping(self)
        self.notices = Notices(self)
        self.news = News(self, launch)
        self.chrome = Chrome(self)
        self.identities = Identities(self)
        self.backdrops = Backdrops(self)
        self.recent = Recent(self, store)
        self._root = lay_out(self)
        self.remembering.restore_place()
        self.help = HelpOverlay(self._root)
        self.quitter = Quitter(self)
        self._drop = FileDrop(self, self.sources.open_dropped, self.stage.empty.set_dropping)
        self._may_close = False
        connect_actions(self.actions_by_name, Commands(self).handlers())
        connect(self)
        self._start_with(runtime)

    @property
    def closed(self) -> bool:
        """True once everything has stopped and the window is gone."""
        return self._may_close

    def open_launched(self) -> None:
        """Begin with what the command line asked for; called once the window is painted."""
        self.player.load_engine()
        self.tasks.start(
            "models", self.backend.list_models, self.panel.model.set_models, self.notices.tell
        )
        self.backdrops.restore()
        self.cameras.look()
        if self._launch.source is not None:
            self.sources.open(self.cameras.request(self._launch.source))

    def show_request(self, request: SourceRequest | None) -> None:
        """Name what is open or being opened."""
        self.header.show_request(request)
        self.setWindowTitle(f"{request.name} – BBE Live" if request else "BBE Live")

    def select(self, track_id: int) -> None:
        """Let a person stand out in the picture and in the list; -1 for nobody."""
        self.stage.view.select(track_id)
        self.panel.people.select(track_id)

    def rename(self, track_id: int) -> None:
        """Let the user type a name for a person, in the list."""
        row = self.panel.people.row_of(track_id)
        if row is None:
            return
        if self.isFullScreen():
            self.chrome.set_fullscreen(False)
        if not self.kept.view.panel:
            self.chrome.toggle_panel()
        self.panel.rename(row)

    def pause(self) -> None:
        """Let the picture stand."""
        self.player.set_playback(replace(self.player.playback, paused=True))

    def forget_picture(self) -> None:
        """Another source: nothing of the last one stays, and nobody of it is known."""
        self.clear_picture()
        self.options.forget_people()

    def clear_picture(self) -> None:
        """Nothing of the last session stays on the screen."""
        self.keeping.recording.source_gone()
        self.stage.view.clear()
        self.panel.people.show_result(None)
        self.select(-1)
        self.news.begin_anew()
        if not self.keeping.exporting.active:
            self.stage.export.hide()

    def set_speed(self, speed: float) -> None:
        """Play films at that speed."""
        self.player.set_playback(replace(self.player.playback, speed=speed))
        self.kept.change_view(speed=speed)
        self.transport.show_playback(self.player.playback.loop, speed)
        self.sound.show()

    def begin_close(self) -> None:
        """Stop everything, finish the files, then close."""
        self.remembering.save()
        self.quitter.begin()

    def ask_close(self) -> None:
        """Close, unless the user would rather have an export finish."""
        self.remembering.save()
        self.quitter.ask()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Close at once only when nothing runs any more."""
        if event is not None and not self._may_close:
            event.ignore()
            self.ask_close()

    def _start_with(self, runtime: RuntimeOptions) -> None:
        self.player.set_runtime(runtime)
        self.player.configure(self.options.effective)
        self.player.set_playback(Playback(speed=self.kept.view.speed))
        self.looping.show_request(None)
        self.sound.show()
        self.show_request(None)
        self.chrome.show()

    def on_painted(self, result: Result) -> None:
        """The people of the picture that is on the screen now."""
        if self.stage.view.result is None:
            return  # it was, until another source was opened
        if result.finished_at_s > self.options.began_at_s:  # else its ids mean other people
            self.options.show_painted(result.instances.track_ids.tolist())
            self.identities.see(result.instances.track_ids.tolist())
        self.panel.people.show_result(result)
        self.stage.hud.show_people(len(result.instances))

    def on_arrived(self, result: Result) -> None:
        """Paint the newest result."""
        is_first = self.stage.view.result is None
        self.stage.view.show_result(result)
        if is_first:
            self.recent.remember(self.player.request)
            self.news.show_figures(self.player.state())

    def set_runtime(self, runtime: RuntimeOptions) -> None:
        """Another model or provider."""
        self.kept.set_runtime(runtime)
        self.player.set_runtime(runtime)

    def on_options(self) -> None:
        """A control was moved."""
        self.player.configure(self.options.effective)

    def on_done(self) -> None:
        """Nothing runs any more."""
        self.panel.people.stop_renaming()
        self.remembering.stop()
        self.news.stop()
        self.stage.toast.dismiss()
        self.stage.view.set_pointer_hides(False)
        self._may_close = True
        self.close()

    def open_menu(self, track_id: int, where: QPoint) -> None:
        """What can be done with that person, or with the picture."""
        self.select(track_id)
        state = self.player.state()
        if track_id != -1:
            self.identities.open_menu(track_id, where)
        elif state is not None and state.source is not None:
            popup(make_picture_menu(self.actions_by_name, state.source, self), where)
