"""Every command of the window with its keys: one table for the actions and the help page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

Handlers: TypeAlias = Mapping[str, Callable[[], None]]
"""Command name → what it does."""


@dataclass(frozen=True, slots=True)
class Command:
    """name: of its handler. keys: portable names, the first is the one shown."""

    name: str
    title: str
    keys: tuple[str, ...]
    group: str


COMMANDS: tuple[Command, ...] = (
    Command("open_camera", "Open the first camera", ("Ctrl+K",), "Source"),
    Command("open_file", "Open a file", ("Ctrl+O",), "Source"),
    Command("open_folder", "Open a folder of pictures", ("Ctrl+Shift+O",), "Source"),
    Command("open_address", "Open an address", ("Ctrl+L",), "Source"),
    Command("open_demo", "Play the demo scene", ("Ctrl+D",), "Source"),
    Command("reopen", "Open it again", ("F5", "Ctrl+R"), "Source"),
    Command("close_source", "Close the source", ("Ctrl+W",), "Source"),
    Command("play_pause", "Play or pause", ("Space", "K"), "Playback"),
    Command("step_back", "One frame back", (",",), "Playback"),
    Command("step_on", "One frame on", (".",), "Playback"),
    Command("seek_back", "5 seconds back", ("Left",), "Playback"),
    Command("seek_on", "5 seconds on", ("Right",), "Playback"),
    Command("seek_far_back", "30 seconds back", ("PgDown",), "Playback"),
    Command("seek_far_on", "30 seconds on", ("PgUp",), "Playback"),
    Command("to_start", "To the start", ("Home",), "Playback"),
    Command("to_end", "To the end", ("End",), "Playback"),
    Command("slower", "Slower", ("[",), "Playback"),
    Command("faster", "Faster", ("]",), "Playback"),
    Command("loop", "Loop on or off", ("L",), "Playback"),
    Command("mute", "Sound on or off", ("M",), "Playback"),
    Command("louder", "Louder", ("Up",), "Playback"),
    Command("quieter", "Quieter", ("Down",), "Playback"),
    Command("record", "Start or stop recording", ("R",), "Save"),
    Command("screenshot", "Screenshot", ("S",), "Save"),
    Command("copy_picture", "Copy the picture", ("Ctrl+C",), "Save"),
    Command("export", "Export the file", ("E",), "Save"),
    Command("next_person", "Select the next person", ("N",), "People"),
    Command("effect_overlay", "Selected person: overlay", ("1",), "People"),
    Command("effect_plain", "Selected person: plain", ("2",), "People"),
    Command("effect_blur", "Selected person: blur", ("3",), "People"),
    Command("effect_hide", "Selected person: hide", ("4",), "People"),
    Command("only", "Only the selected person", ("O",), "People"),
    Command("rename", "Name the selected person", ("F2",), "People"),
    Command("undo_person", "Undo the last change to a person", ("Ctrl+Z",), "People"),
    Command("opacity_down", "Fainter masks", ("-",), "Look"),
    Command("opacity_up", "Stronger masks", ("+", "="), "Look"),
    Command("labels", "Labels on or off", ("T",), "Look"),
    Command("boxes", "Boxes on or off", ("B",), "Look"),
    Command("backdrop", "Next backdrop", ("G",), "Look"),
    Command("fullscreen", "Full screen", ("F", "F11"), "Window"),
    Command("panel", "Side panel on or off", ("P",), "Window"),
    Command("hud", "Figures on the picture", ("H",), "Window"),
    Command("appearance", "Light, dark or as the system", ("A",), "Window"),
    Command("help", "This page", ("?", "F1"), "Window"),
    Command("escape", "Back", ("Esc",), "Window"),
    Command("quit", "Quit", ("Ctrl+Q",), "Window"),
)


def shown_keys(command: Command) -> tuple[str, ...]:
    """The keys as this platform writes them."""
    return tuple(
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys
    )


def with_key(name: str, text: str) -> str:
    """`text` followed by the command's first key, for tool tips."""
    command = next(command for command in COMMANDS if command.name == name)
    return f"{text}  ({shown_keys(command)[0]})"


def make_actions(owner: QWidget) -> dict[str, QAction]:
    """One action per command, active in the whole window; `connect_actions` has it do something."""
    actions = {}
    for command in COMMANDS:
        action = QAction(command.title, owner)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        owner.addAction(action)
        actions[command.name] = action
    return actions


def connect_actions(actions: Mapping[str, QAction], handlers: Handlers) -> None:
    """Have all of them do something. Raises KeyError for a gap."""
    for name, action in actions.items():
        handler = handlers[name]
        action.triggered.connect(lambda _checked=False, call=handler: call())
