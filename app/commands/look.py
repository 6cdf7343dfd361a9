"""How people and what is around them are shown."""

from __future__ import annotations

from app.acting.backdrops import Backdrops
from app.held.options import OptionsModel
from app.held.shortcuts import Handlers
from engine.styles import Backdrop

OPACITY_STEP = 0.1


class LookCommands:
    """Those of the panel's section Look that have keys."""

    def __init__(self, options: OptionsModel, backdrops: Backdrops) -> None:
        self._options, self._backdrops = options, backdrops

    def handlers(self) -> Handlers:
        """Command name → what it does."""
        return {
            "opacity_down": lambda: self._change_opacity(-OPACITY_STEP),
            "opacity_up": lambda: self._change_opacity(OPACITY_STEP),
            "labels": lambda: self._flip("show_labels"),
            "boxes": lambda: self._flip("show_boxes"),
            "backdrop": self._next_backdrop,
        }

    def _change_opacity(self, by: float) -> None:
        now = self._options.stored.render.mask_opacity
        self._options.update_render(mask_opacity=round(min(1.0, max(0.0, now + by)), 2))

    def _flip(self, field: str) -> None:
        render = self._options.stored.render
        self._options.update_render(**{field: not getattr(render, field)})

    def _next_backdrop(self) -> None:
        kinds = [k for k in Backdrop if k is not Backdrop.PICTURE or self._backdrops.known]
        render = self._options.stored.render
        following = kinds[(kinds.index(render.backdrop) + 1) % len(kinds)]
        if following is Backdrop.PICTURE:
            self._backdrops.show()
        else:
            self._options.update_render(backdrop=following)
