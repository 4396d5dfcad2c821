"""Images, in a worker process: written anew without whatever else was in the file, and made small for looking at."""

from __future__ import annotations

import io
import warnings
from typing import Any

from PIL import AvifImagePlugin, Image, ImageOps, JpegImagePlugin

from chatr.media.asked import CROPS, ORIGINAL, THUMBNAILS, Purpose, Seen, Unsupported
from chatr.media.kinds import FileType
from chatr.media.pictures import colours, gifs, webps
from chatr.media.pictures.blurred import blur_hash
from chatr.media.processes.handed import Handed, Source

_FORMATS = {
    "jpeg": ["JPEG", "MPO"],
    "png": ["PNG"],
    "gif": ["GIF"],
    "webp": ["WEBP"],
    "avif": ["AVIF"],
}
#: Of an animation, all frames together, as a multiple of what one image may have; and how many there are.
_FRAMES_FACTOR, _MAX_FRAMES = 4, 5000
_LOSSY = {"JPEG": 88, "WEBP": 86, "AVIF": 75}
#: These don't tell with what quality they were written: beyond so many times their size it was so much less than ours.
_GROWTH, _LESS = 1.25, 20
#: The sum of the first table of quantization (ITU T.81, K.1) at quality 88: tables with more are coarser.
_TABLE_SUM = 890
_THUMBNAIL: dict[str, Any] = {"quality": 78, "method": 3}
#: Pixels up to which, and beyond which, time is taken for writing it in few bytes.
_SMALL, _LARGE = 4_000_000, 16_000_000
#: AVIF's encoder takes 20 bytes for each pixel: larger images become smaller.
_MOST_AVIF = 20_000_000
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def prepare() -> None:
    """Load all that is loaded only when it is first needed; no file can be opened later."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # There are no threads for a worker.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.init()
    colours.prepare()
    for form in ("JPEG", "PNG", "GIF", "WEBP", "AVIF"):
        content = io.BytesIO()
        with Image.new("RGB", (8, 8)) as image:
            image.save(content, form)
        content.seek(0)
        with Image.open(content, formats=[form]) as again:
            again.load()
            blur_hash(again)


def look(handed: Handed, file_type: FileType, purpose: Purpose, max_pixels: int) -> Seen:
    """Look at an image, and make its forms. Raises :class:`Unsupported`, and whatever Pillow does about broken ones."""
    # Pillow looks at this before it reads the pixels, and again at each frame, which may be larger.
    Image.MAX_IMAGE_PIXELS = max_pixels
    source: Any = handed.source
    try:
        with Image.open(source, formats=_FORMATS[file_type.family]) as image:
            if purpose != "file":
                return _cropped(handed, image, purpose)
            if file_type.family in ("gif", "webp") and getattr(image, "is_animated", False):
                return _animated(handed, image, file_type, max_pixels)
            return _still(handed, image, file_type)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unsupported(f"This image has more than {max_pixels / 1e6:g} million pixels") from None


def thumbnails(handed: Handed, image: Image.Image) -> tuple[dict[str, tuple[int, int]], str]:
    """Make the forms for looking at; the sides of each, and the blur hash."""
    forms = {}
    for name, side in sorted(THUMBNAILS.items(), key=lambda each: -each[1]):
        image = _small(image, side)
        handed.put(name, _written(image, "WEBP", _THUMBNAIL))
        forms[name] = image.size
    return forms, blur_hash(image)


def _still(handed: Handed, image: Image.Image, file_type: FileType) -> Seen:
    options = _options(handed.source, image)
    form = "JPEG" if image.format == "MPO" else str(image.format)
    picture = _settled(image)
    forms, blurred = thumbnails(handed, picture)
    if form == "AVIF" and picture.width * picture.height > _MOST_AVIF:
        picture = _small(picture, int(max(picture.size) * (_MOST_AVIF / (picture.width * picture.height)) ** 0.5))
    handed.put(ORIGINAL, _original(colours.fit_for(form, picture), form, options, handed.source.size))
    forms[ORIGINAL] = picture.size
    width, height = picture.size
    return Seen(media_type=file_type.media_type, width=width, height=height, blur_hash=blurred, forms=forms)


def _animated(handed: Handed, image: Any, file_type: FileType, max_pixels: int) -> Seen:
    frames = image.n_frames
    if frames > _MAX_FRAMES or frames * image.width * image.height > _FRAMES_FACTOR * max_pixels:
        raise Unsupported("This animation is too large")
    for number in range(1, frames):
        image.seek(number)
        image.load()
    width, height = image.size
    image.seek(0)
    # What is copied is neither turned nor brought to other colours, so the small ones aren't either.
    image.info.pop("icc_profile", None)
    forms, blurred = thumbnails(handed, colours.in_srgb(image))
    handed.put(ORIGINAL, gifs.cleaned(handed.source) if file_type.family == "gif" else webps.cleaned(handed.source))
    forms[ORIGINAL] = (width, height)
    return Seen(media_type=file_type.media_type, width=width, height=height, blur_hash=blurred, forms=forms)


def _cropped(handed: Handed, image: Image.Image, purpose: Purpose) -> Seen:
    sizes = list(CROPS[purpose].items())
    side = max(max(size) for _, size in sizes)
    # A JPEG is decoded no larger than need be; it may lie on its side.
    image.draft(None, (side, side))
    picture = _settled(image)
    for name, size in sizes:
        picture = ImageOps.fit(colours.plain(picture), size, Image.Resampling.LANCZOS)
        handed.put(name, _written(picture, "WEBP", _THUMBNAIL))
    width, height = sizes[0][1]
    blurred = blur_hash(picture)
    return Seen(media_type="image/webp", width=width, height=height, blur_hash=blurred, forms=dict(sizes))


def _settled(image: Image.Image) -> Image.Image:
    """The image in sRGB as it is to be seen, without metadata."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Whatever stands there for metadata.
        turn = None
    image = colours.in_srgb(image)
    if turn is not None:
        image = image.transpose(turn)
    image.info = {name: value for name, value in image.info.items() if name == "transparency"}
    return image


def _small(image: Image.Image, side: int) -> Image.Image:
    """A form whose sides are no longer, in RGB or RGBA. Smaller images stay as they are."""
    image = colours.plain(image)
    if max(image.size) <= side:
        return image
    factor = side / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _options(source: Source, image: Image.Image) -> dict[str, Any]:
    """How the image itself is written anew: no worse than can be seen, and hardly larger than it was."""
    pixels = image.width * image.height
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return {"optimize": pixels <= _LARGE, **_jpeg_quality(image)}
    if image.format == "WEBP":
        where = source.tell()
        lossless = webps.is_lossless(source)
        source.seek(where)
        if lossless:
            return {"lossless": True, "quality": 40, "method": 0 if pixels > _LARGE else 1, "exact": False}
        return {"quality": _LOSSY["WEBP"], "method": 2 if pixels > _LARGE else 3}
    if image.format == "AVIF":
        speed = 6 if pixels <= _SMALL else 8 if pixels <= _LARGE else 9
        return {"quality": _LOSSY["AVIF"], "speed": speed, "max_threads": 1}
    return {"compress_level": 2 if pixels > _LARGE else 4} if image.format == "PNG" else {}


def _jpeg_quality(image: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    """The image's own tables, if they are coarser than ours: better ones would only make it larger."""
    options: dict[str, Any] = {"quality": _LOSSY["JPEG"]}
    if image.mode not in ("RGB", "L"):
        return options
    tables = image.quantization
    if tables and sum(tables.get(0, ())) > _TABLE_SUM and all(0 < max(table) < 256 for table in tables.values()):
        options = {"qtables": [list(tables[number]) for number in sorted(tables)]}
    sampling = JpegImagePlugin.get_sampling(image)
    return {**options, "subsampling": sampling} if sampling >= 0 else options


def _original(image: Image.Image, form: str, options: dict[str, Any], size: int) -> memoryview:
    """The image itself; with less quality if that has come out much larger than the ``size`` it had."""
    content = _written(image, form, options)
    lossy = form in ("WEBP", "AVIF") and not options.get("lossless")
    if lossy and len(content) > _GROWTH * size and image.width * image.height <= _SMALL:
        content = _written(image, form, {**options, "quality": options["quality"] - _LESS})
    return content


def _written(image: Image.Image, form: str, options: dict[str, Any]) -> memoryview:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getbuffer()
