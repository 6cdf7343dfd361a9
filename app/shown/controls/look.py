"""How people and what is around them are shown."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.basics.theme import GRID_PX
from app.held.options import OptionsModel
from app.shown.controls.backdrop_picture import BackdropRow
from app.shown.controls.caution import Caution
from app.shown.controls.section import Section
from app.shown.controls.swatch import PRESETS_BGR, Swatch
from app.shown.controls.widgets import Segments, SliderRow, Switch, label
from engine.styles import Backdrop, NewPeople, PersonEffect, PersonStyle, RenderOptions

EFFECTS = (
    (PersonEffect.OVERLAY, "Overlay", "overlay", "Tinted in the person's own colour"),
    (PersonEffect.PLAIN, "Plain", "plain", "Shown as filmed"),
    (PersonEffect.BLUR, "Blur", "blur", "Made unrecognisable"),
    (PersonEffect.HIDE, "Hide", "hide", "Covered by the backdrop, or by grey where that is kept"),
)
"""Effect, name, icon, explanation: in the order shown everywhere."""

NOT_FOUND = "Whoever is not found stays visible. Safer: Backdrop › Blur."

_NEW_PEOPLE = (
    (NewPeople.AS_EVERYBODY, "As everybody", "Whoever comes next is shown like everybody"),
    (
        NewPeople.BLUR,
        "Blur",
        "Whoever comes from now on is blurred until you choose otherwise for them,\n"
        "also who was here before and returns under a new number",
    ),
    (
        NewPeople.HIDE,
        "Hide",
        "Whoever comes from now on is hidden until you choose otherwise for them,\n"
        "also who was here before and returns under a new number",
    ),
)

_BACKDROPS = (
    (Backdrop.KEEP, "Keep", "Leave the surroundings as filmed"),
    (Backdrop.BLUR, "Blur", "Blur everything but the people"),
    (Backdrop.COLOUR, "Colour", "Replace everything but the people by one colour"),
    (Backdrop.PICTURE, "Picture", "Replace everything but the people by a picture of yours"),
)


class LookSection(Section):
    """Controls over `RenderOptions`.

    picture_wanted: a picture shall be behind people, but none has been read yet.
    """

    picture_wanted = pyqtSignal()

    def __init__(self, options: OptionsModel) -> None:
        super().__init__("look", "Look")
        self._options = options
        defaults = RenderOptions()
        self.opacity = SliderRow(
            "Mask opacity", "How strongly people are tinted.", 0, 1, 100, defaults.mask_opacity,
            lambda value: f"{value:.0%}",
        )  # fmt: skip
        self.opacity.changed.connect(lambda v: options.update_render(mask_opacity=round(v, 2)))
        self.outline = SliderRow(
            "Outline", "Width of the line around people.", 0, 10, 10, defaults.outline_px,
            lambda value: f"{value:.0f} px",
        )  # fmt: skip
        self.outline.changed.connect(lambda v: options.update_render(outline_px=round(v)))
        self.labels = Switch("Labels", "Number and confidence at every person.")
        self.labels.clicked.connect(lambda on: options.update_render(show_labels=on))
        self.boxes = Switch("Boxes", "The box around what is coloured of every person.")
        self.boxes.clicked.connect(lambda on: options.update_render(show_boxes=on))
        self.effect = Segments("Everybody", tuple((name, tip) for _, name, _, tip in EFFECTS))
        self.effect.chosen.connect(
            lambda i: options.update_render(default_style=PersonStyle(EFFECTS[i][0]))
        )
        self.new_people = Segments("New people", tuple((name, tip) for _, name, tip in _NEW_PEOPLE))
        self.new_people.chosen.connect(lambda i: options.set_new_people(_NEW_PEOPLE[i][0]))
        self.backdrop = Segments("Backdrop", tuple((name, tip) for _, name, tip in _BACKDROPS))
        self.backdrop.chosen.connect(lambda i: self._choose_backdrop(_BACKDROPS[i][0]))
        self.blur = SliderRow(
            "Blur strength", "Of people and of the backdrop.", 2, 60, 29, defaults.blur_px,
            lambda value: f"{value:.0f} px",
        )  # fmt: skip
        self.blur.changed.connect(lambda v: options.update_render(blur_px=round(v)))
        self.colours = self._make_colours()
        self.picture = BackdropRow()
        self.not_found = Caution(NOT_FOUND)
        self._lay_out()
        options.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the current values."""
        render = self._options.stored.render
        self.opacity.set_value(render.mask_opacity)
        self.outline.set_value(render.outline_px)
        self.blur.set_value(render.blur_px)
        self.labels.setChecked(render.show_labels)
        self.boxes.setChecked(render.show_boxes)
        effects = [effect for effect, *_ in EFFECTS]
        self.effect.set_index(effects.index(render.default_style.effect))
        new_people = [choice for choice, *_ in _NEW_PEOPLE]
        self.new_people.set_index(new_people.index(self._options.new_people))
        self.backdrop.set_index([kind for kind, *_ in _BACKDROPS].index(render.backdrop))
        shown = self._options.effective.render
        styles = (shown.default_style, *shown.styles.values())
        blurs_people = any(style.effect is PersonEffect.BLUR for style in styles) or any(
            choice is NewPeople.BLUR for _, choice in shown.newcomers.chosen
        )
        self.blur.setVisible(blurs_people or render.backdrop is Backdrop.BLUR)
        self.colours.setVisible(render.backdrop is Backdrop.COLOUR)
        self.picture.setVisible(render.backdrop is Backdrop.PICTURE)
        self.picture.show_picture(render.backdrop_picture)
        self.not_found.setVisible(shown.conceals_anybody and render.backdrop is Backdrop.KEEP)
        for swatch in self._swatches:
            swatch.set_chosen(swatch.colour_bgr == render.backdrop_bgr)

    def _choose_backdrop(self, backdrop: Backdrop) -> None:
        if backdrop is Backdrop.PICTURE and self._options.stored.render.backdrop_picture is None:
            self.refresh()  # the button is down already
            self.picture_wanted.emit()
        else:
            self._options.update_render(backdrop=backdrop)

    def _make_colours(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        self._swatches = []
        for name, bgr in PRESETS_BGR:
            swatch = Swatch(bgr, name)
            swatch.clicked.connect(
                lambda _checked=False, value=bgr: self._options.update_render(backdrop_bgr=value)
            )
            row.addWidget(swatch)
            self._swatches.append(swatch)
        row.addStretch()
        return holder

    def _lay_out(self) -> None:
        for widget in (
            label("Everybody", "faint"), self.effect, label("New people", "faint"),
            self.new_people, label("Backdrop", "faint"), self.backdrop, self.not_found,
            self.colours, self.picture, self.blur, self.opacity, self.outline, self.labels,
            self.boxes,
        ):  # fmt: skip
            self.column.addWidget(widget)
