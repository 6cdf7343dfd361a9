"""Which network runs, and where: asked for and true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel

from app.backend import Choice
from app.controls.section import Section
from app.controls.widgets import Combo, label
from app.icons import pixmap
from engine.board import SessionState
from engine.config import Provider, RuntimeOptions

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
_TRUTH_ICONS = {"text_faint": "info", "warn": "warning", "good": "done"}
_SIDES = (None, 257, 321, 417, 513, 641, 801, 961)


class ModelSection(Section):
    """Pickers over `RuntimeOptions`. wanted: the new options. file_wanted: another .onnx file."""

    wanted = pyqtSignal(object)
    file_wanted = pyqtSignal()

    def __init__(self, runtime: RuntimeOptions) -> None:
        super().__init__("model", "Model and speed")
        self._runtime = runtime
        self.model = Combo("The network that finds people.")
        self.provider = Combo("Where the network is asked to run.")
        self.side = Combo("Longer side of the picture the network sees: smaller is faster.")
        for value, title in PROVIDERS:
            self.provider.addItem(title, value)
        for side in _SIDES:
            self.side.addItem("The model's own size" if side is None else f"{side} px", side)
        self._dot, self._truth = QLabel(), label("", "soft")
        self._truth.setWordWrap(True)
        self._detail = label("", "faint")
        self._detail.setWordWrap(True)
        self._lay_out()
        self.set_models([])
        self.show_runtime(runtime)
        self.model.activated.connect(lambda _i: self._on_model())
        self.provider.activated.connect(lambda _i: self._want(provider=self.provider.currentData()))
        self.side.activated.connect(lambda _i: self._want(input_long_side=self.side.currentData()))

    @property
    def truth(self) -> str:
        """Where the network really runs, as shown."""
        return self._truth.text()

    def set_models(self, models: Sequence[Choice]) -> None:
        """Offer these; the first is the default."""
        self.model.clear()
        for index, choice in enumerate(models):
            self.model.addItem(choice.title, "" if index == 0 else choice.value)
        if not models:
            self.model.addItem("Default model", "")
        self.model.addItem("Choose a file…", _FILE)
        self.show_runtime(self._runtime)

    def show_runtime(self, runtime: RuntimeOptions) -> None:
        """Show what is asked for, a model outside the list too."""
        self._runtime = runtime
        if self.model.findData(runtime.model) < 0:
            by_name = self.model.findText(runtime.model)
            if by_name < 0:
                by_name = self.model.count() - 1  # before the entry that asks for a file
                self.model.insertItem(by_name, Path(runtime.model).name, runtime.model)
            self.model.setCurrentIndex(by_name)
        else:
            self.model.setCurrentIndex(self.model.findData(runtime.model))
        self.provider.setCurrentIndex(
            [provider for provider, _ in PROVIDERS].index(runtime.provider)
        )
        if self.side.findData(runtime.input_long_side) < 0:
            self.side.addItem(f"{runtime.input_long_side} px", runtime.input_long_side)
        self.side.setCurrentIndex(self.side.findData(runtime.input_long_side))

    def show_state(self, state: SessionState | None) -> None:
        """What really runs."""
        report = state.provider if state else None
        if report is None:
            text, name = "Nothing runs yet.", "text_faint"
        elif report.fell_back:
            text = f"Runs on {report.actual}. {report.reason} {report.fix}".strip()
            name = "warn"
        else:
            text, name = f"Runs on {report.actual}, {report.precision}.", "good"
        if text == self._truth.text():
            return
        self._truth.setText(text)
        self._dot.setPixmap(pixmap(_TRUTH_ICONS[name], name, 18))
        model = state.model if state else None
        self._detail.setText(
            f"{model.backbone}, output stride {model.output_stride}, "
            f"made for {model.input_long_side} px"
            if model
            else ""
        )
        self._detail.setVisible(model is not None)

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
        for title, widget in (
            ("Network", self.model), ("Runs on", self.provider), ("Input size", self.side),
        ):  # fmt: skip
            row = QHBoxLayout()
            name = label(title)
            name.setFixedWidth(80)
            row.addWidget(name)
            row.addWidget(widget, 1)
            self.column.addLayout(row)
        truth = QHBoxLayout()
        truth.setSpacing(8)
        truth.addWidget(self._dot)
        truth.addWidget(self._truth, 1)
        self.column.addLayout(truth)
        self.column.addWidget(self._detail)
        self._dot.setPixmap(pixmap("info", "text_faint", 18))
