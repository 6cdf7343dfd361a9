"""Where a picture lies in a widget, and which picture pixel a point of the widget is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """A picture of `frame_hw` pixels shown at (x, y) with size (width, height), all pixels."""

    frame_hw: tuple[int, int]
    x: int
    y: int
    width: int
    height: int

    def to_frame(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the frame under a point of the widget; None beside the picture."""
        inside_x, inside_y = x - self.x, y - self.y
        if not (0 <= inside_x < self.width and 0 <= inside_y < self.height):
            return None
        height, width = self.frame_hw
        return int(inside_y * height / self.height), int(inside_x * width / self.width)

    def crop(self, x: int, y: int, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of the frame under a rectangle of the widget, as far as it is there."""
        frame_h, frame_w = self.frame_hw
        return (
            _span(y - self.y, height, frame_h / self.height, frame_h),
            _span(x - self.x, width, frame_w / self.width, frame_w),
        )

    def to_widget(self, column: float, row: float) -> tuple[float, float]:
        """The point of the widget that shows the frame's pixel corner (column, row)."""
        height, width = self.frame_hw
        return self.x + column * self.width / width, self.y + row * self.height / height

    def box_to_widget(self, xyxy: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        """Left, top, width and height in the widget of a box of the frame, end-exclusive."""
        (left, top), (right, bottom) = self.to_widget(*xyxy[:2]), self.to_widget(*xyxy[2:])
        return left, top, right - left, bottom - top


def _span(begin: int, length: int, scale: float, limit: int) -> slice:
    ends = (round(begin * scale), round((begin + length) * scale))
    return slice(*(min(max(end, 0), limit) for end in ends))


def letterbox(frame_hw: tuple[int, int], area_hw: tuple[int, int]) -> Placement:
    """The largest centred placement that keeps the picture's shape."""
    height, width = frame_hw
    scale = min(area_hw[1] / width, area_hw[0] / height)
    shown_w, shown_h = max(1, round(width * scale)), max(1, round(height * scale))
    return Placement(
        frame_hw, (area_hw[1] - shown_w) // 2, (area_hw[0] - shown_h) // 2, shown_w, shown_h
    )
