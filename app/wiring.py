"""Which part of the window hears which, where neither of both is given the other."""

from __future__ import annotations

from app.acting.backdrops import Backdrops
from app.acting.cameras import Cameras
from app.acting.choosing import Choosing
from app.acting.export_offer import ExportOffer
from app.acting.exports import Exports
from app.acting.figures import Figures
from app.acting.menus import Menus
from app.acting.news import News
from app.acting.output_folder import OutputFolder
from app.acting.picture import Picture
from app.acting.recent import Recent
from app.acting.sources import Sources
from app.held.kept import Kept
from app.running.camera_list import CameraList
from app.running.player import Player
from app.running.recording import Recording
from app.running.virtual_camera import VirtualCamera
from app.shown.empty_state import EmptyState
from app.shown.side_panel import SidePanel
from app.shown.source_menu import SourceMenu
from app.shown.stage import Stage
from app.shown.transport import Transport


def connect_stage(
    stage: Stage, transport: Transport, player: Player, menus: Menus, exports: Exports
) -> None:
    """The picture and what lies on and below it to what they ask for."""
    stage.view.painted.connect(player.painted)
    stage.view.menu_wanted.connect(menus.open)
    stage.export.wanted.connect(exports.start)
    transport.seek.sought.connect(player.seek)


def connect_picture(
    picture: Picture,
    player: Player,
    recent: Recent,
    figures: Figures,
    news: News,
    recording: Recording,
    offer: ExportOffer,
) -> None:
    """The first picture of a session, and the end of the last one."""
    player.arrived.connect(picture.show)
    picture.begun.connect(lambda: recent.remember(player.request))
    picture.begun.connect(figures.show)
    picture.cleared.connect(recording.source_gone)
    picture.cleared.connect(news.begin_anew)
    picture.cleared.connect(offer.withdraw)


def connect_sources(
    menu: SourceMenu,
    start_page: EmptyState,
    sources: Sources,
    choosing: Choosing,
    cameras: Cameras,
    camera_list: CameraList,
) -> None:
    """The menu of sources and the start page to what opens them."""
    menu.camera_chosen.connect(cameras.open)
    menu.refresh_wanted.connect(camera_list.look)
    camera_list.listed.connect(menu.set_cameras)
    camera_list.failed.connect(lambda _error: menu.set_cameras([]))
    start_page.camera_wanted.connect(cameras.open_first)
    start_page.file_wanted.connect(choosing.choose_file)
    start_page.demo_wanted.connect(sources.open_demo)
    for offer in (menu, start_page):
        offer.recent_chosen.connect(sources.open)


def connect_panel(
    panel: SidePanel,
    kept: Kept,
    menus: Menus,
    cameras: Cameras,
    backdrops: Backdrops,
    folder: OutputFolder,
    virtual_camera: VirtualCamera,
) -> None:
    """The sections of the side panel to what does what they are for."""
    panel.folded.connect(lambda names: kept.change_view(closed_sections=names))
    panel.people.menu_wanted.connect(menus.open_person)
    panel.camera.wanted.connect(cameras.set_size)
    panel.camera.mirror_wanted.connect(cameras.set_mirror)
    panel.look.picture_wanted.connect(backdrops.show)
    panel.look.picture.wanted.connect(backdrops.choose)
    saving = panel.saving
    saving.record_wanted.connect(lambda kind: kept.change_view(record=kind))
    saving.clean_wanted.connect(lambda on: kept.change_view(clean_screenshot=on))
    saving.folder_wanted.connect(folder.choose)
    folder.chosen.connect(saving.show_folder)
    saving.camera_wanted.connect(virtual_camera.set_wanted)
    virtual_camera.failed.connect(lambda _error: saving.camera.setChecked(False))
