"""Which network runs, and where: asked for and true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.basics.figure_texts import is_smaller
from app.held.backend import Entry
from app.held.options import OptionsModel
from app.shown.controls.combo import Combo
from app.shown.controls.icon_label import IconLabel
from app.shown.controls.section import Section
from app.shown.controls.widgets import Switch, label
from engine.board import SessionState
from engine.config import Precision, Provider, RuntimeOptions

PROVIDERS = (
    (Provider.AUTO, "Automatic"),
    (Provider.CPU, "CPU"),
    (Provider.CUDA, "NVIDIA GPU (CUDA)"),
    (Provider.TENSORRT, "NVIDIA GPU (TensorRT)"),
    (Provider.OPENVINO, "Intel (OpenVINO)"),
)


def provider_title(value: str) -> str:
    """A provider's name for people."""
    return next((title for provider, title in PROVIDERS if provider.value == value), value)


_FILE = "…"
_ADAPTIVE_TIP = (
    "Live and in playback: while the processor cannot keep up with the frame rate below, the "
    "network sees a smaller picture.\nExports and still pictures always get the input size above."
)
_HALF_TIP = (
    "On an NVIDIA GPU a float32 model then computes in float16: half the bytes, rounded sooner.\n"
    "TensorRT does so anyway."
)
_TWICE_TIP = (
    "The network sees each picture again, 1.3 times as large, and both answers are averaged.\n"
    "Finds more people and takes almost three times as long: for exports and still pictures."
)
_STEADY_TIP = (
    "Where the picture stays the same or merely moves, the frames before count as well: the "
    "edges of people flicker less.\nFor films and cameras; does nothing for still pictures."
)
_TRUTH_ICONS = {"text_faint": "info", "warn": "warning", "good": "done"}
_SIDES = (None, 257, 321, 417, 513, 641, 801, 961)
_RATES_FPS = (10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 60.0)


class ModelSection(Section):
    """Pickers over `RuntimeOptions`. wanted: the new options. file_wanted: another .onnx file."""

    wanted = pyqtSignal(object)
    file_wanted = pyqtSignal()

    def __init__(self, runtime: RuntimeOptions, options: OptionsModel) -> None:
        super().__init__("model", "Model and speed")
        self._runtime = runtime
        self._options = options
        self.model = Combo("The network that finds people.")
        self.provider = Combo("Where the network is asked to run.")
        self.side = Combo("Longer side of the picture the network sees: smaller is faster.")
        for value, title in PROVIDERS:
            self.provider.addItem(title, value)
        for side in _SIDES:
            self.side.addItem("The model's own size" if side is None else f"{side} px", side)
        self.twice = Switch("Look twice", _TWICE_TIP)
        self.steady = Switch("Steady masks", _STEADY_TIP)
        self.half = Switch("Half precision (float16)", _HALF_TIP)
        self.half.setVisible(False)  # until it is known to make a difference
        self.adaptive = Switch("Smaller input when too slow", _ADAPTIVE_TIP)
        self.rate = Combo("The frame rate to keep up with, or the source's own if that is lower.")
        for fps in _RATES_FPS:
            self.rate.addItem(_rate_text(fps), fps)
        self._size = label("", "faint")
        self._size.setWordWrap(True)
        self._dot, self._truth = IconLabel(18, "info", "text_faint"), label("", "soft")
        self._truth.setWordWrap(True)
        self._detail = label("", "faint")
        self._detail.setWordWrap(True)
        self._lay_out()
        self.set_models([])
        self.show_runtime(runtime)
        self._show_options()
        options.changed.connect(self._show_options)
        self.half.clicked.connect(
            lambda on: self._want(precision=Precision.FLOAT16 if on else Precision.MODEL)
        )
        self.twice.clicked.connect(lambda on: self._want(look_twice=on))
        self.steady.clicked.connect(lambda on: options.update_steady(enabled=on))
        self.adaptive.clicked.connect(lambda on: options.update_adaptive(enabled=on))
        self.rate.activated.connect(lambda _i: options.update_adaptive(fps=self.rate.currentData()))
        self.model.activated.connect(lambda _i: self._on_model())
        self.provider.activated.connect(lambda _i: self._want(provider=self.provider.currentData()))
        self.side.activated.connect(lambda _i: self._want(input_long_side=self.side.currentData()))

    def set_models(self, models: Sequence[Entry]) -> None:
        """Offer these, and the one that suits where the network runs."""
        self.model.clear()
        self.model.addItem("Automatic", "")
        for choice in models:
            self.model.addItem(choice.title, choice.value)
        self.model.addItem("Choose a file…", _FILE)
        self.show_runtime(self._runtime)

    def show_runtime(self, runtime: RuntimeOptions) -> None:
        """Show what is asked for, a model outside the list too."""
        self._runtime = runtime
        if self.model.findData(runtime.model) < 0:
            before_file = self.model.count() - 1  # the entry that asks for one
            self.model.insertItem(before_file, Path(runtime.model).name, runtime.model)
        self.model.setCurrentIndex(self.model.findData(runtime.model))
        self.provider.setCurrentIndex(
            [provider for provider, _ in PROVIDERS].index(runtime.provider)
        )
        self.half.setChecked(runtime.precision is Precision.FLOAT16)
        self.twice.setChecked(runtime.look_twice)
        if self.side.findData(runtime.input_long_side) < 0:
            self.side.addItem(f"{runtime.input_long_side} px", runtime.input_long_side)
        self.side.setCurrentIndex(self.side.findData(runtime.input_long_side))

    def show_state(self, state: SessionState | None) -> None:
        """What really runs."""
        self._show_size(state)
        report = state.provider if state else None
        # Elsewhere it would do nothing.
        self.half.setVisible(report is not None and report.actual == "CUDA")
        if report is None:
            text, name = "Nothing runs yet.", "text_faint"
        elif report.fell_back:
            text = f"Runs on {report.actual}. {report.reason} {report.fix}".strip()
            name = "warn"
        else:
            text = f"Runs on {report.actual}, {report.precision}. {report.preparing}".strip()
            name = "text_faint" if report.preparing else "good"
        self._show_model(state)
        if text != self._truth.text():
            self._truth.setText(text)
            self._dot.show_icon(_TRUTH_ICONS[name], name)

    def _show_model(self, state: SessionState | None) -> None:
        model = state.model if state else None
        self._detail.setText(
            f"{model.name}: {model.backbone}, output stride {model.output_stride}, "
            f"made for {model.input_long_side} px"
            if model
            else ""
        )
        self._detail.setVisible(model is not None)

    def _show_size(self, state: SessionState | None) -> None:
        text = size_text(state) if state else ""
        self._size.setText(text)
        self._size.setVisible(bool(text))
        report = state.provider if state else None
        self.adaptive.setEnabled(report is None or not report.fixed_size)
        self._show_adaptive()

    def _show_options(self) -> None:
        self.steady.setChecked(self._options.effective.steady.enabled)
        self._show_adaptive()

    def _show_adaptive(self) -> None:
        options = self._options.effective.adaptive
        self.adaptive.setChecked(options.enabled)
        if self.rate.findData(options.fps) < 0:
            self.rate.addItem(_rate_text(options.fps), options.fps)
        self.rate.setCurrentIndex(self.rate.findData(options.fps))
        self.rate.setEnabled(options.enabled and self.adaptive.isEnabled())

    def _on_model(self) -> None:
        chosen = self.model.currentData()
        if chosen == _FILE:
            self.show_runtime(self._runtime)
            self.file_wanted.emit()
        else:
            self._want(model=chosen)

    def _want(self, **changes: object) -> None:
        runtime = replace(self._runtime, **changes)  # type: ignore[arg-type]  # of the combos
        if runtime != self._runtime:
            self._runtime = runtime
            self.wanted.emit(runtime)

    def _lay_out(self) -> None:
        self._add_row("Network", self.model)
        self._add_row("Runs on", self.provider)
        self._add_row("Input size", self.side)
        self.column.addWidget(self.twice)
        self.column.addWidget(self.steady)
        self.column.addWidget(self.half)
        self.column.addWidget(self.adaptive)
        self._add_row("Keep up", self.rate)
        self.column.addWidget(self._size)
        truth = QHBoxLayout()
        truth.setSpacing(8)
        truth.addWidget(self._dot)
        truth.addWidget(self._truth, 1)
        self.column.addLayout(truth)
        self.column.addWidget(self._detail)

    def _add_row(self, title: str, widget: QWidget) -> None:
        row = QHBoxLayout()
        name = label(title)
        name.setFixedWidth(80)
        widget.setAccessibleName(title)
        row.addWidget(name)
        row.addWidget(widget, 1)
        self.column.addLayout(row)


def size_text(state: SessionState) -> str:
    """What the network sees of a picture, and why it is not what was asked for."""
    if state.input_hw is None or state.provider is None:
        return ""
    height, width = state.input_hw
    size = f"Sees {width} × {height} px"
    if is_smaller(state):
        return f"{size}, smaller to keep up."
    return f"{size}. {state.provider.fixed_size}".rstrip()


def _rate_text(fps: float) -> str:
    return f"with {fps:g} frames/s"
