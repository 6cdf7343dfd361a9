"""The system's loudspeaker through QtMultimedia; imported when a film with sound plays first."""

from __future__ import annotations

import time

import numpy as np
from PyQt6.QtMultimedia import QAudio, QAudioFormat, QAudioSink, QMediaDevices

from engine.errors import SoundError
from engine.sound.piece import CHANNELS
from engine.types import Float32Array

BUFFER_S = 0.1
"""So long sound of before a seek is still heard; less would break off on a busy machine."""

STUCK_AFTER_S = 5.0
"""Longer than devices take to begin."""

_BYTES_PER_SAMPLE = 2 * CHANNELS
_NOTHING_FOUND = "No loudspeaker or headphones were found.", "Films play without sound."
_GONE = "The system's sound stopped answering.", "Start the program again to hear films."
_USUAL_RATE_HZ = 48_000
_FULL_SCALE = 32_767


class QtSpeaker:
    """A `SoundOutput` on the default device, made and used in a thread with an event loop.

    name: of the device, for people. Raises SoundError where there is no device, or it does
    not take sound.
    """

    _is_lost = False
    """For good: to open another one then lets Qt 6.10 abort the process."""

    def __init__(self) -> None:
        if QtSpeaker._is_lost:
            raise SoundError(*_GONE)
        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise SoundError(*_NOTHING_FOUND)
        self.name = device.description()
        self._device_id = device.id()
        audio = QAudioFormat()
        audio.setSampleRate(device.preferredFormat().sampleRate() or _USUAL_RATE_HZ)
        audio.setChannelCount(CHANNELS)
        audio.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._rate_hz = audio.sampleRate()
        self._size = round(BUFFER_S * self._rate_hz)
        self._failed = self._is_closed = False
        self._played_us, self._went_on_s = 0, time.monotonic()
        self._devices = QMediaDevices()
        self._devices.audioOutputsChanged.connect(self._on_devices)
        self._sink = QAudioSink(device, audio)
        self._sink.setBufferSize(self._size * _BYTES_PER_SAMPLE)
        self._into = self._sink.start()
        if self._into is None or self.failed:
            self.close()
            raise SoundError(f"{self.name} takes no sound.", "Films play without it.")

    @property
    def rate_hz(self) -> int:
        """Samples a second, those that the device likes best."""
        return self._rate_hz

    @property
    def room(self) -> int:
        """How many samples fit until `BUFFER_S` are queued."""
        return max(0, min(self._sink.bytesFree() // _BYTES_PER_SAMPLE, self._size - self._queued))

    @property
    def queued_s(self) -> float:
        """Seconds until a sample that is written now can be heard."""
        return self._queued / self._rate_hz

    @property
    def failed(self) -> bool:
        """True where the device is gone or stuck, or another one became the default."""
        error = self._sink.error()
        is_lost = error not in (QAudio.Error.NoError, QAudio.Error.UnderrunError)
        return self._failed or is_lost or self._is_stuck()

    def write(self, samples: Float32Array) -> None:
        """Play these next. samples: (N, 2) float32; louder than full scale is cut off."""
        if self._into is not None and not self._is_closed:
            pcm = (np.clip(samples, -1, 1) * _FULL_SCALE).astype(np.int16)
            self._into.write(pcm.tobytes())

    def close(self) -> None:
        """Give the device back. May be called twice."""
        if not self._is_closed:
            self._is_closed = True
            self._devices.audioOutputsChanged.disconnect(self._on_devices)
            self._sink.reset()

    @property
    def _queued(self) -> int:
        return (self._sink.bufferSize() - self._sink.bytesFree()) // _BYTES_PER_SAMPLE

    def _is_stuck(self) -> bool:
        """Nothing goes on though something waits: PulseAudio that ends gives no error."""
        played_us, now_s = self._sink.processedUSecs(), time.monotonic()
        if played_us != self._played_us or self._queued == 0:
            self._played_us, self._went_on_s = played_us, now_s
        QtSpeaker._is_lost |= now_s - self._went_on_s > STUCK_AFTER_S
        return QtSpeaker._is_lost

    def _on_devices(self) -> None:
        self._failed = QMediaDevices.defaultAudioOutput().id() != self._device_id
