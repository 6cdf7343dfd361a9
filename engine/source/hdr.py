"""What HDR code values (BT.2100 HLG and PQ) look like on an SDR screen, as a 3D table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

Light = npt.NDArray[np.float64]

SDR_WHITE_NITS: Final = 203.0
"""BT.2408: the light of a white sheet in HDR, and of full white in SDR beside it."""

HDR_PEAK_NITS: Final = 1000.0
"""The screen that HLG is defined for, and that most PQ is graded on; above it is clipped."""

_SDR_GAMMA = 2.4  # BT.1886
_HLG_SYSTEM_GAMMA = 1.2  # BT.2100, at 1000 cd/m²
_LUMA_BT2020 = np.array([0.2627, 0.6780, 0.0593])
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)
"""BT.2087, for linear light; rows give red, green and blue."""


def hlg_light_nits(code: Light) -> Light:
    """The light of a 1000 cd/m² screen for HLG code values.

    code: (…, 3) R'G'B' in [0, 1]. Returns (…, 3) RGB of BT.2020, cd/m² (BT.2100, table 5).
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    luma = scene @ _LUMA_BT2020
    light: Light = HDR_PEAK_NITS * scene * luma[..., None] ** (_HLG_SYSTEM_GAMMA - 1)
    return light


def pq_light_nits(code: Light) -> Light:
    """The light of PQ code values: (…) in [0, 1] to (…) cd/m² (BT.2100, table 4)."""
    root = code ** (1 / _PQ_M2)
    ratio = np.maximum(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root)
    return 10_000 * ratio ** (1 / _PQ_M1)


def pq_code(light_nits: Light) -> Light:
    """The inverse of `pq_light_nits`."""
    power = (light_nits / 10_000) ** _PQ_M1
    return ((_PQ_C1 + _PQ_C2 * power) / (1 + _PQ_C3 * power)) ** _PQ_M2


_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 32
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 128, 2392 / 128


def tone_mapped_nits(light_nits: Light) -> Light:
    """The EETF of BT.2390 without black lift: 0 … 1000 cd/m² into 0 … 203.

    Up to about 95 cd/m², where skin lies, nothing changes; above, lights are rolled off.
    """
    peak = pq_code(np.array(HDR_PEAK_NITS))
    code = np.minimum(pq_code(light_nits) / peak, 1)
    top = pq_code(np.array(SDR_WHITE_NITS)) / peak
    knee = 1.5 * top - 0.5
    t = np.maximum((code - knee) / (1 - knee), 0)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * top
    )
    return pq_light_nits(np.where(code < knee, code, spline) * peak)


def sdr_code(light_nits: Light) -> Light:
    """R'G'B' of BT.709 for light of BT.2020: (…, 3) cd/m² to (…, 3) in [-1, 1].

    Negative is what BT.709 cannot show; to be clipped last, as a table whose entries are
    clipped is wrong all around the edge. The tone curve works on the largest of the three
    and scales the others with it, so that lights keep their hue.
    """
    light = light_nits @ _BT2020_TO_BT709.T
    largest = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    shown = light * (tone_mapped_nits(largest) / largest) / SDR_WHITE_NITS
    code: Light = np.sign(shown) * np.abs(shown).clip(0, 1) ** (1 / _SDR_GAMMA)
    return code


def sdr_table(to_light_nits: Callable[[Light], Light], size: int) -> Light:
    """(size, size, size, 3) SDR R'G'B' in [-1, 1]; the axes are HDR blue, green and red."""
    steps = np.linspace(0, 1, size)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return sdr_code(to_light_nits(np.stack((red, green, blue), axis=-1)))
