"""Pictures with times into one video file; for one thread, which `recorder` owns."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from engine.errors import SinkError
from engine.sink.audio import AudioCopy
from engine.sink.film import holds_nothing, is_last_picture
from engine.sink.formats import (
    TICKS_PER_S,
    VIDEO_FORMATS,
    ContainerFormat,
    Encoder,
    choose_encoder,
    configure,
    container_format,
)
from engine.sink.options import RecorderOptions
from engine.sink.outfile import OutputFile
from engine.sink.picture import even_size, fit_picture
from engine.sink.timeline import DEFAULT_FPS, Placement, Timeline
from engine.types import Frame, UInt8Array

_PROBE_HW = (480, 640)
_BUFFER_BYTES = 256 * 1024
_TICK = Fraction(1, TICKS_PER_S)
_ROUNDED = int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP)
"""Otherwise swscale cuts off what follows the point: grey becomes darker and yellowish. Costs half
a millisecond at 720p."""


class VideoWriter:
    """One video file, from its first picture to `close`.

    Everything that can be known beforehand is checked by the constructor: ending, codec,
    folder, free space, an old file. The size is that of the first picture unless given,
    rounded up to even sides. formats: the endings that are accepted. Raises `SinkError`.
    """

    def __init__(
        self,
        path: Path,
        size_hw: tuple[int, int] | None,
        options: RecorderOptions,
        formats: Mapping[str, ContainerFormat] = VIDEO_FORMATS,
    ) -> None:
        self.path, self._options = path, options
        self._format = container_format(path, formats)
        self._size_hw = even_size(size_hw) if size_hw else None
        self._encoder = self._choose(self._size_hw or _PROBE_HW)
        self._check_audio()
        self._file = OutputFile(path, options.overwrite)
        self._audio = AudioCopy(options.audio_from) if options.audio_from else None
        self._timeline = Timeline(options.fps)
        self._reformatter = VideoReformatter()
        self._output: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._closed = False
        self._durations: dict[int, int] = {}
        self._end_s = 0.0
        self._pictures = 0

    @property
    def pictures(self) -> int:
        """How many were encoded; one shown again, at the same time, is none."""
        return self._pictures

    @property
    def codec_name(self) -> str:
        """The encoder that is used, e.g. "libx264"."""
        return self._encoder.name

    @property
    def audio_warning(self) -> str:
        """Why the sound is missing or ends early; "" where all is well."""
        return self._audio.warning if self._audio else ""

    @property
    def duration_s(self) -> float:
        """From the first picture to the end of the last one, seconds."""
        return self._end_s

    def add(self, image: UInt8Array, frame: Frame, jumps: int) -> None:
        """Encode one picture, (H, W, 3) BGR or (H, W, 4) BGRA, made of `frame`. Raises `SinkError`.

        jumps: see `Result`.
        """
        placement = self._timeline.place(frame, jumps)
        if placement is None:
            return
        try:
            if self._stream is None:
                self._begin(image)
            self._schedule_audio(placement)
            assert self._stream is not None
            self._durations[placement.pts] = placement.duration
            packets = self._stream.encode(self._frame(image, placement.pts))
            self._pictures += 1
            self._end_s = (placement.pts + placement.duration) / TICKS_PER_S
            self._mux(packets)
        except av.FFmpegError as error:
            raise self._encoding_error(error) from error
        self._file.raise_error()

    def close(self) -> None:
        """Finish the file; one without any picture is taken away. Raises `SinkError`."""
        if self._closed:
            return
        self._closed = True
        try:
            self._finish()
        except av.FFmpegError as error:
            raise self._encoding_error(error) from error
        finally:
            if self._audio:
                self._audio.close()
            self._file.close()
            if self._may_hold_nothing() and holds_nothing(self.path):
                self._file.remove()
        self._file.raise_error()

    def _may_hold_nothing(self) -> bool:
        """After the first picture; what is overwritten is left alone until then."""
        failed = self._file.error is not None or self._pictures == 0
        return self._output is not None and failed

    def _choose(self, size_hw: tuple[int, int]) -> Encoder:
        options = self._options
        return choose_encoder(
            self._format,
            options.codec,
            size_hw,
            options.fps or DEFAULT_FPS,
            options.crf,
            options.preset,
        )

    def _check_audio(self) -> None:
        source, is_same = self._options.audio_from, False
        if source:
            with contextlib.suppress(OSError):  # as a rule nothing is there yet
                is_same = self.path.samefile(source)
        if is_same:
            raise SinkError(f"{self.path} is the file that is being read.", "Choose another name.")

    def _begin(self, image: UInt8Array) -> None:
        if self._size_hw is None:
            self._size_hw = even_size((image.shape[0], image.shape[1]))
            self._encoder = self._choose(self._size_hw)
        self._open(self._audio)
        if self._audio and self._audio.codec_name and not self._holds_sound(self._audio):
            self._audio.convert(self._format.sound_encoder)
            self._open(self._audio)
            if not self._holds_sound(self._audio):
                self._audio.refuse(self._format.muxer)
                self._open(None)
        assert self._output is not None
        self._output.start_encoding()

    def _open(self, audio: AudioCopy | None) -> None:
        self._file.begin()
        output = av.open(
            self._file,
            "w",
            format=self._format.muxer,
            options=dict(self._format.options),
            buffer_size=_BUFFER_BYTES,
        )
        stream = output.add_stream(self._encoder.name)
        assert isinstance(stream, VideoStream)
        fps = self._options.fps or DEFAULT_FPS
        assert self._size_hw is not None
        configure(stream.codec_context, self._encoder, self._size_hw, fps)
        stream.time_base = _TICK
        stream.codec_context.options = self._encoder.filled_options(
            self._options.crf, self._options.preset
        )
        self._output, self._stream = output, stream
        if audio:
            audio.attach(output, preroll=self._format.edit_lists)

    def _holds_sound(self, audio: AudioCopy) -> bool:
        assert self._output is not None
        if not audio.attached:
            return False
        try:  # some muxers only tell with the header that they do not take a kind of sound
            self._output.start_encoding()
        except (av.FFmpegError, ValueError):
            return False
        return True

    def _schedule_audio(self, placement: Placement) -> None:
        if self._audio and (placement.pts == 0 or placement.rebased):
            output_s = placement.pts / TICKS_PER_S
            self._audio.add_segment(output_s, output_s + self._timeline.offset_s)

    def _frame(self, image: UInt8Array, pts: int) -> VideoFrame:
        assert self._size_hw is not None
        has_alpha = image.shape[2] == 4  # which swscale rounds as it is
        pixels = "bgra" if has_alpha else "bgr24"
        frame = self._reformatter.reformat(
            VideoFrame.from_ndarray(fit_picture(image, self._size_hw), pixels),
            format=self._encoder.pix_fmt,
            dst_colorspace=self._encoder.colorspace,
            dst_color_range=self._encoder.color_range,
            interpolation=None if has_alpha else _ROUNDED,
        )
        frame.pts, frame.time_base = pts, _TICK
        return frame

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        assert self._output is not None
        for packet in packets:
            assert packet.pts is not None
            self._mux_audio(float(packet.pts * packet.time_base))
            ticks = self._durations.pop(round(packet.pts * packet.time_base / _TICK), 0)
            packet.duration = round(ticks * _TICK / packet.time_base)
            self._mux_picture(packet)

    def _mux_picture(self, packet: Packet[VideoStream]) -> None:
        assert self._output is not None
        try:
            self._output.mux(packet)
        except av.FFmpegError as error:
            if self._audio is None or not self._audio.attached:
                raise
            # Packets wait for each other in the muxer: it was one of the sound that it refused.
            self._audio.stop(error)

    def _mux_audio(self, until_s: float, rest: bool = False) -> None:
        if self._audio:
            assert self._output is not None
            try:
                for packet in self._audio.packets_until(until_s):
                    self._output.mux(packet)
                for packet in self._audio.rest() if rest else ():
                    self._output.mux(packet)
            except (av.FFmpegError, ValueError) as error:
                # The disk is not to blame, `OutputFile` never lets its errors through.
                self._audio.stop(error)

    def _sound_end_s(self) -> float:
        """Of the recording; after the film's last picture it is kept as far as wanted."""
        source, last_s = self._options.audio_from, self._timeline.last_s
        has_sound = self._audio is not None and self._audio.attached
        if has_sound and source and last_s is not None and is_last_picture(source, last_s):
            until_s = self._options.audio_until_s
            wanted_s = float("inf") if until_s is None else until_s - self._timeline.offset_s
            return max(self._end_s, wanted_s)
        return self._end_s

    def _finish(self) -> None:
        if self._output is None or self._stream is None:
            return
        try:
            if self._file.error is None:
                self._mux(self._stream.encode(None))
                self._mux_audio(self._sound_end_s(), rest=True)
        finally:
            self._output.close()

    def _encoding_error(self, error: av.FFmpegError) -> SinkError:
        return SinkError(
            f"{self.path.name} cannot be encoded with {self.codec_name}: {error.strerror}.",
            "What was recorded before stays playable; try another codec or kind of file.",
        )
