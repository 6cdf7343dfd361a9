"""The colours of a picture as its own profile means them, in those of a screen."""

from __future__ import annotations

import io

from PIL import Image, ImageCms


def in_srgb(picture: Image.Image, rgb: Image.Image) -> Image.Image:
    """`rgb`, which was made from `picture`, with the colours of sRGB; may change it in place.

    Phones take photos in Display P3 and cameras in Adobe RGB; what is written of them carries no
    profile, so that they would be shown paler. A profile that cannot be read counts for nothing.
    """
    content = picture.info.get("icc_profile")
    if not content:
        return rgb
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        space = profile.profile.xcolor_space.strip()
        if space == "CMYK" == picture.mode:
            made = ImageCms.profileToProfile(picture, profile, _srgb(), outputMode="RGB")
            return rgb if made is None else made
        is_other = "sRGB" not in (profile.profile.profile_description or "")
        if space == "RGB" and picture.mode != "CMYK" and is_other:
            ImageCms.profileToProfile(rgb, profile, _srgb(), inPlace=True)
    except (ImageCms.PyCMSError, OSError, ImportError):  # the last where Pillow has no LittleCMS
        pass
    return rgb


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
