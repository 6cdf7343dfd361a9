"""The thresholds of grouping, live."""

from __future__ import annotations

from app.held.options import OptionsModel
from app.shown.controls.section import Section
from app.shown.controls.widgets import SliderRow, Switch, button
from engine.config import GroupOptions


def _share(value: float) -> str:
    return f"{value:.0%}"


def _count(value: float) -> str:
    return str(round(value))


MOST_PEOPLE = 100

_TRACK_TIP = (
    "People keep their number and colour over time.\n"
    "Without it nobody can be told from anybody else: where somebody was hidden or blurred,\n"
    "everybody is."
)
_EDGES_TIP = "Where the network is unsure, the edges of people follow the colours of the picture."

_ROWS = (
    ("min_score", "Least confidence",
     "Nobody of less confidence appears; who is there already stays while it dips below.",
     0.0, 0.95, 95, _share),
    ("mask_probability", "Person threshold",
     "How sure the network must be of a pixel before it counts as person.", 0.05, 0.95, 90, _share),
    ("peak_probability", "Peak threshold",
     "How sure it must be at a person's centre before a new person is proposed (t_c).",
     0.05, 0.95, 90, _share),
    ("assign_iou", "Box agreement (t_iou)",
     "How well a pixel's own box must match a person's box to belong to that person.",
     0.0, 0.9, 90, _share),
    ("nms_iou", "Merge overlap (NMS)",
     "Proposed people that overlap more than this are taken for one.", 0.05, 0.95, 90, _share),
    ("max_people", "Most people", "At most this many people in one picture.",
     1, MOST_PEOPLE, MOST_PEOPLE - 1, _count),
)  # fmt: skip


class DetectionSection(Section):
    """Sliders and a switch over `GroupOptions`, and whether identities are held."""

    def __init__(self, options: OptionsModel) -> None:
        super().__init__("detection", "Detection")
        self._options = options
        defaults = GroupOptions()
        self.rows: dict[str, SliderRow] = {}
        for name, title, tip, low, high, steps, show in _ROWS:
            row = SliderRow(title, tip, low, high, steps, getattr(defaults, name), show)
            row.changed.connect(lambda value, field=name: self._change(field, value))
            self.rows[name] = row
            self.column.addWidget(row)
        self.track = Switch("Keep identities", _TRACK_TIP)
        self.track.clicked.connect(options.set_tracking)
        self.column.addWidget(self.track)
        self.edges = Switch("Fine edges", _EDGES_TIP)
        self.edges.clicked.connect(lambda on: options.update_group(fine_edges=on))
        self.column.addWidget(self.edges)
        self.column.addWidget(button("Reset detection", options.reset_detection, "quiet"))
        options.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the current values."""
        settings = self._options.effective
        for name, row in self.rows.items():
            row.set_value(getattr(settings.group, name))
        self.track.setChecked(settings.track.enabled)
        self.edges.setChecked(settings.group.fine_edges)

    def _change(self, field: str, value: float) -> None:
        exact = round(value) if field == "max_people" else round(value, 2)
        self._options.update_group(**{field: exact})
