"""The corner in which the figures lie: where they cover the fewest people and labels."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PyQt6.QtWidgets import QGridLayout, QStyle, QWidget

from app.basics.letterbox import Placement
from app.shown.video_view import VideoView
from engine.settling import Inertia, Settled, settle
from engine.types import BoolArray, Float32Array, Result, UInt8Array

_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_TOP, _BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
CORNERS = (_LEFT | _TOP, _RIGHT | _TOP, _LEFT | _BOTTOM, _RIGHT | _BOTTOM)
"""The usual one first."""

_UNUSUAL = (0.0, 0.1, 0.15, 0.2)
"""What it costs not to begin in the usual corner. To stay in another one costs nothing."""

_INERTIA = Inertia(least_gain=0.1, patience=2.0)
"""A label or a head all hidden is borne for two seconds."""

_BLOCKED = 1000.0
"""More than any crowd."""

_HEAD_SHARE = 0.2
"""The upper part of a person's box that counts as the head."""

_STRIDE = 8
"""Of so many pixels of the picture one is looked at, along each side."""

_EVERY_S = 0.1


class HudCorner(QObject):
    """Moves `hud` within the one cell of `grid`, slowly to decide, lest it hops about.

    It begins anew where the figures come back, and leaves a corner at once in which one of
    `cards` shows.
    """

    def __init__(
        self, hud: QWidget, view: VideoView, grid: QGridLayout, cards: tuple[QWidget, ...]
    ) -> None:
        super().__init__(view)
        self._hud, self._view, self._grid, self._cards = hud, view, grid, cards
        self._settled: Settled | None = None
        self._looked_at_s = 0.0
        queued = Qt.ConnectionType.QueuedConnection  # nothing may move while it is painted
        view.painted.connect(self._look_now_and_then, type=queued)  # type: ignore[call-arg]  # not in stubs
        for watched in (hud, *cards):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """The figures came back, or a card is somewhere else."""
        kind = event.type() if event is not None else QEvent.Type.None_
        if watched is self._hud:
            if kind is QEvent.Type.ShowToParent:
                self._settled = None
                self._look()
        elif kind in (QEvent.Type.ShowToParent, QEvent.Type.Move, QEvent.Type.Resize):
            self._look()
        return False

    def _look_now_and_then(self) -> None:
        if perf_counter() - self._looked_at_s >= _EVERY_S:
            self._look()

    def _look(self) -> None:
        result, place = self._view.result, self._view.placement
        if self._hud.isHidden() or result is None or place is None:
            return
        rects = [self._rect(corner) for corner in CORNERS]
        is_blocked = [self._has_card(rect) for rect in rects]
        if self._settled is not None and is_blocked[self._settled.place]:
            self._settled = None
        costs = [
            _BLOCKED if blocked else covered(result, place, rect)
            for rect, blocked in zip(rects, is_blocked, strict=True)
        ]
        if self._settled is None:
            costs = [cost + more for cost, more in zip(costs, _UNUSUAL, strict=True)]
        now_s = perf_counter()
        step_s, self._looked_at_s = now_s - self._looked_at_s, now_s
        self._settled = settle(costs, self._settled, step_s, _INERTIA)
        self._grid.setAlignment(self._hud, CORNERS[self._settled.place])

    def _rect(self, corner: Qt.AlignmentFlag) -> QRect:
        direction, size = self._hud.layoutDirection(), self._hud.sizeHint()
        return QStyle.alignedRect(direction, corner, size, self._grid.geometry())

    def _has_card(self, rect: QRect) -> bool:
        return any(not c.isHidden() and c.geometry().intersects(rect) for c in self._cards)


def covered(result: Result, place: Placement, rect: QRect) -> float:
    """What `rect` of the view covers: the share of it that people have, and 1 for each label
    and for each head that is all hidden."""
    labels = result.instances.labels[::_STRIDE, ::_STRIDE]
    coarse = replace(place, frame_hw=labels.shape)
    under = np.zeros(labels.shape, np.bool_)
    under[coarse.crop(rect.x(), rect.y(), rect.width(), rect.height())] = True
    people_px = np.count_nonzero(labels[under]) * place.width * place.height / labels.size
    texts = sum(_hidden_share(QRectF(rect), label, place) for label in result.label_boxes)
    heads = _hidden_heads(labels, result.instances.boxes_xyxy // _STRIDE, under)
    return people_px / (rect.width() * rect.height()) + texts + heads


def _hidden_heads(labels: UInt8Array, boxes_xyxy: Float32Array, under: BoolArray) -> float:
    """The sum of the shares of heads that are hidden."""
    hidden = 0.0
    for person, box in enumerate(boxes_xyxy):
        x0, y0, x1, y1 = box.astype(int).tolist()
        head = slice(y0, y0 + max(1, round(_HEAD_SHARE * (y1 - y0)))), slice(x0, x1)
        is_head = labels[head] == person + 1
        hidden += int(np.count_nonzero(is_head & under[head])) / max(1, int(is_head.sum()))
    return hidden


def _hidden_share(rect: QRectF, label: tuple[int, int, int, int], place: Placement) -> float:
    whole = QRectF(*place.box_to_widget(label))
    hidden = rect & whole
    return hidden.width() * hidden.height() / (whole.width() * whole.height())
