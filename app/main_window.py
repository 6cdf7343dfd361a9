"""The main window: makes its parts, each from those it works with, and closes in order."""

from __future__ import annotations

from PyQt6.QtGui import QCloseEvent, QIcon
from PyQt6.QtWidgets import QMainWindow

from app.acting.appearance_choice import AppearanceChoice
from app.acting.backdrops import Backdrops
from app.acting.cameras import Cameras
from app.acting.choosing import Choosing
from app.acting.chrome import Chrome
from app.acting.conceal_notices import ConcealNotices
from app.acting.export_offer import ExportOffer
from app.acting.exports import Exports
from app.acting.figures import Figures
from app.acting.file_drop import FileDrop
from app.acting.identities import Identities
from app.acting.losses import Losses
from app.acting.menus import Menus
from app.acting.naming import Naming
from app.acting.networks import Networks
from app.acting.news import News
from app.acting.notices import Notices
from app.acting.outcomes import Outcomes
from app.acting.output_folder import OutputFolder
from app.acting.picture import Picture
from app.acting.playing import Playing
from app.acting.quitter import Quitter
from app.acting.recent import Recent
from app.acting.recordings import Recordings
from app.acting.retry import Retry
from app.acting.sound import Sound
from app.acting.sources import Sources
from app.acting.stills import Stills
from app.basics.focus_keys import FocusKeys
from app.basics.icons import logo
from app.basics.tasks import TaskRunner
from app.commands.look import LookCommands
from app.commands.people import PeopleCommands
from app.commands.playback import PlaybackCommands
from app.commands.saving import SavingCommands
from app.commands.source import source_commands
from app.commands.window import WindowCommands, unless_covered
from app.held.appearance import AppearanceKeeper
from app.held.backend import Backend, SourceRequest
from app.held.kept import Kept
from app.held.launch import WindowLaunch
from app.held.options import OptionsModel
from app.held.preferences import Preferences
from app.held.remembering import Remembering
from app.held.settings import SettingsStore
from app.held.shortcuts import connect_actions, make_actions
from app.running.camera_list import CameraList
from app.running.exporting import Exporting
from app.running.player import Player
from app.running.recording import Recording
from app.running.virtual_camera import VirtualCamera
from app.shown.body import Body
from app.wiring import connect_panel, connect_picture, connect_sources, connect_stage


class MainWindow(QMainWindow):
    """Everything a user sees. backend: the engine, or fakes in tests."""

    def __init__(self, launch: WindowLaunch, store: SettingsStore, backend: Backend) -> None:
        super().__init__()
        self._launch, self._store, self._backend = launch, store, backend
        self._may_close = False
        self._make_shown()
        self._make_playing()
        self._make_opening()
        self._make_keeping()
        self._make_people()
        self._make_telling()
        self._make_commands()
        self._connect()

    @property
    def closed(self) -> bool:
        """True once everything has stopped and the window is gone."""
        return self._may_close

    def open_launched(self) -> None:
        """Begin with what the command line asked for; called once the window is painted."""
        self.player.load_engine()
        self.tasks.start(
            "models", self._backend.list_models, self.panel.model.set_models, self.notices.tell
        )
        self.backdrops.restore()
        self.camera_list.look()
        if self._launch.source is not None:
            self.sources.open(self.cameras.request(self._launch.source))

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
            self.ask_close()
            # Where nothing had to be waited for it may: closing within a closing does nothing.
            event.setAccepted(self._may_close)

    def _make_shown(self) -> None:
        """What is held, and the widgets that show it."""
        stored = self._store.load()
        self.kept = Kept(stored.view, stored.runtime, self)
        keeper = AppearanceKeeper(stored.view.appearance, self)
        self.options = OptionsModel(stored.settings, self, self._launch)
        self.remembering = Remembering(self, self._store, self.options, self.kept)
        self.actions_by_name = make_actions(self)
        runtime, view = self._launch.runtime or stored.runtime, self._launch.over_view(stored.view)
        preferences = Preferences(stored.settings, runtime, view)
        self.body = Body(self.actions_by_name, self.options, preferences)
        self.stage, self.panel, self.help = self.body.stage, self.body.panel, self.body.help
        self.header, self.transport = self.body.header, self.body.transport
        self._lay_out()
        self.remembering.restore_place()
        self.chrome = Chrome(self, self.body, self.kept)
        self.appearance = AppearanceChoice(
            keeper, self.panel.appearance, self.kept, self.stage.toast
        )
        self.picture = Picture(self.stage.view, self.panel.people, self.stage.hud, self.options)

    def _lay_out(self) -> None:
        self.setWindowTitle("BBE Live")
        self.setWindowIcon(QIcon(logo(64, 2.0)))
        self.setMinimumSize(640, 520)
        self.resize(1280, 800)
        self.setCentralWidget(self.body)
        self.stage.view.setFocus()  # else Qt gives it to the first button

    def _make_playing(self) -> None:
        """What plays films, and their sound."""
        self.tasks = TaskRunner(self)
        self.player = Player(self._backend, self.tasks, self)
        self.player.set_runtime(self._launch.runtime or self.kept.runtime)
        self.player.configure(self.options.effective)
        self.playing = Playing(self.player, self.transport, self.kept, self._launch.loop)
        self.sound = Sound(self._backend.open_speaker, self.player, self.transport.sound, self.kept)
        self.networks = Networks(self.player, self.panel.model, self.kept, self)

    def _make_opening(self) -> None:
        """What opens something, and opens it again."""
        player, kept, banner = self.player, self.kept, self.stage.banner
        self.sources = Sources(
            player, self.picture, self.options, self.playing, self.networks, kept, banner
        )
        self.choosing = Choosing(self.sources, player, self.stage.address, kept, self)
        self.camera_list = CameraList(self._backend.list_cameras, self.tasks)
        self.cameras = Cameras(
            self._launch.over_view(kept.view), self.camera_list, player, self.sources,
            self.choosing, kept, banner,
        )  # fmt: skip
        self.recent = Recent(self.header.menu, self.stage.empty, kept, self._store)
        self.conceal_notices = ConcealNotices(self.options, player, kept, banner)
        self.retry = Retry(
            player, self.picture, self.sources, self.options, self.conceal_notices, banner
        )
        self.losses = Losses(player, self.picture, self.sources, self.choosing, self.retry, banner)
        self._drop = FileDrop(self, self.sources.open_together, self.stage.empty.set_dropping)

    def _make_keeping(self) -> None:
        """What writes files."""
        player, options, stage = self.player, self.options, self.stage
        self.backdrops = Backdrops(options, self.kept, self.tasks, stage.banner, self)
        self.folder = OutputFolder(self.kept, self)
        self.outcomes = Outcomes(stage.banner, stage.toast, self.folder)
        self.recording = Recording(player, self.tasks)
        self.recordings = Recordings(
            self.recording, player, self.kept, self.folder, self.outcomes, self.transport,
            stage.recording_sign,
        )  # fmt: skip
        self.stills = Stills(
            self.picture, player, self.tasks, self.kept, self.folder, self.outcomes
        )
        self.exporting = Exporting(self._backend, stage.export, self)
        self.export_offer = ExportOffer(
            stage.export, self.exporting, player, options, self.folder, self.outcomes
        )
        self.exports = Exports(
            self.exporting, player, self.playing, options, self.backdrops, self.outcomes
        )
        self.virtual_camera = VirtualCamera(player, self.tasks)

    def _make_people(self) -> None:
        """What is done with single people."""
        self.identities = Identities(self.player, self.options, self.picture)
        self.naming = Naming(self.panel, self.chrome)
        self.menus = Menus(
            self.player, self.picture, self.options, self.identities, self.naming,
            self.actions_by_name, self,
        )  # fmt: skip

    def _make_telling(self) -> None:
        """What the session says, and the end of it."""
        stage = self.stage
        self.figures = Figures(self.player, self.body)
        self.notices = Notices(self.player, self.networks, self.losses, stage.banner, stage.toast)
        self.news = News(
            self.figures, self.notices, self.losses, self.recordings, self.playing, self._launch
        )
        self.quitter = Quitter(
            self.player, self.sound, self.recording, self.exporting, self.tasks, stage.banner
        )

    def _make_commands(self) -> None:
        FocusKeys(self)
        groups = (
            source_commands(self.sources, self.choosing, self.cameras, self.retry),
            PlaybackCommands(self.player, self.playing, self.sound, self.retry).handlers(),
            SavingCommands(self.recordings, self.stills, self.export_offer).handlers(),
            PeopleCommands(self.picture, self.options, self.naming).handlers(),
            LookCommands(self.options, self.backdrops).handlers(),
            WindowCommands(
                self.chrome, self.appearance, self.help, self.stage, self.picture, self.ask_close
            ).handlers(),
        )
        handlers = {name: call for group in groups for name, call in group.items()}
        connect_actions(self.actions_by_name, unless_covered(handlers, self.help))

    def _connect(self) -> None:
        """What is shown and what acts, where neither knows the other."""
        connect_sources(
            self.header.menu, self.stage.empty, self.sources, self.choosing, self.cameras,
            self.camera_list,
        )  # fmt: skip
        connect_panel(
            self.panel, self.kept, self.menus, self.cameras, self.backdrops, self.folder,
            self.virtual_camera,
        )  # fmt: skip
        connect_stage(self.stage, self.transport, self.player, self.menus, self.exports)
        connect_picture(
            self.picture, self.player, self.recent, self.figures, self.news, self.recording,
            self.export_offer,
        )  # fmt: skip
        self.options.changed.connect(lambda: self.player.configure(self.options.effective))
        self.playing.speed_changed.connect(self.sound.show)
        self.sources.named.connect(self._show_request)
        self.figures.named.connect(self._show_request)
        self.virtual_camera.failed.connect(self.notices.tell)
        self.remembering.failed.connect(self.notices.tell_unkept)
        self.quitter.done.connect(self._on_done)

    def _show_request(self, request: SourceRequest | None) -> None:
        """Name what is open or being opened."""
        self.header.show_request(request)
        self.setWindowTitle(f"{request.name} – BBE Live" if request else "BBE Live")

    def _on_done(self) -> None:
        """Nothing runs any more."""
        self.panel.people.stop_renaming()
        self.remembering.stop()
        self.figures.stop()
        self.stage.toast.dismiss()
        self.stage.view.set_pointer_hides(False)
        self._may_close = True
        self.close()
