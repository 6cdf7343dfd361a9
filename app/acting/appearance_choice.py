"""The choice of the look of the window: light, dark or as the system has it."""

from __future__ import annotations

from app.held.appearance import AppearanceKeeper
from app.held.kept import Kept
from app.held.preferences import Appearance
from app.shown.banner import Banner, Level
from app.shown.controls.appearance import APPEARANCES, AppearanceSection, appearance_title


class AppearanceChoice:
    """Has it shown, in the panel too, and remembers it."""

    def __init__(
        self, keeper: AppearanceKeeper, section: AppearanceSection, kept: Kept, toast: Banner
    ) -> None:
        self._keeper, self._section, self._kept, self._toast = keeper, section, kept, toast
        section.wanted.connect(self.set)

    @property
    def wanted(self) -> Appearance:
        """What the user chose."""
        return self._keeper.wanted

    def set(self, appearance: Appearance) -> None:
        """This one from now on."""
        self._keeper.want(appearance)
        self._section.show_appearance(appearance)
        self._kept.change_view(appearance=appearance)

    def go_on(self) -> None:
        """The next one of the list, and which it is: the switch may be out of sight."""
        choices = [choice for choice, *_ in APPEARANCES]
        now = choices.index(self.wanted)
        following = choices[(now + 1) % len(choices)]
        self.set(following)
        self._toast.post(Level.INFO, f"Appearance: {appearance_title(following)}")
