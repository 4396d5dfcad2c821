"""Colours of images, in a worker process: whatever they are stored as, they become sRGB with eight bits a channel."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_WHITE = (255, 255, 255)
_PROFILED = ("RGB", "RGBA", "CMYK")
#: What stays as it is in a PNG or GIF: a drawing with few colours would only become larger.
_FLAT = ("1", "L", "LA", "P")
#: What each format can hold.
_MODES = {
    "JPEG": ("RGB", "L"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA"),
}

_srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def prepare() -> None:
    """Have the library work once."""
    with Image.new("CMYK", (1, 1)) as image:
        _converted(image, _srgb.tobytes())


def in_srgb(image: Image.Image) -> Image.Image:
    """The image, decoded, with the colours that its profile means; one that is broken is passed over.

    What comes of it is "1", "L", "LA", "P", "RGB" or "RGBA".
    """
    image.load()
    profile = image.info.get("icc_profile")
    image = _eight_bits(image)
    if profile and (image.mode == "P" or "transparency" in image.info):
        image = plain(image)
    if profile and image.mode in _PROFILED:
        image = _converted(image, profile)
    if image.mode not in (*_FLAT, "RGB", "RGBA"):
        image = plain(image)
    return image


def plain(image: Image.Image) -> Image.Image:
    """The image as RGB, or RGBA when it may be seen through."""
    if image.mode in ("RGB", "RGBA") and "transparency" not in image.info:
        return image
    clear = image.has_transparency_data
    return image.convert("RGBA" if clear else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    """An image in RGB or RGBA as it looks on white."""
    if image.mode == "RGB":
        return image
    white = Image.new("RGB", image.size, _WHITE)
    white.paste(image, mask=image.getchannel("A"))
    return white


def fit_for(form: str, image: Image.Image) -> Image.Image:
    """The image in a mode that a format can hold."""
    if image.mode in _MODES[form] and (form != "WEBP" or "transparency" not in image.info):
        return image
    return on_white(plain(image)) if form == "JPEG" else plain(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey image of 16 bits, which Pillow would cut off at white instead."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode != "CMYK" and ImageCms.getProfileDescription(source).startswith("sRGB"):
            return image
        in_place = image.mode == mode
        converted = ImageCms.profileToProfile(image, source, _srgb, outputMode=mode, inPlace=in_place)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return image if converted is None else converted
