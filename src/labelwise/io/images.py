"""A folder of images -> Raw: one sub-folder per class."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError, need
from labelwise.io.raw import Raw

__all__ = ["from_folder"]

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SIZE, MOST_SIZE = 32, 1024


def from_folder(folder: Path, *, need_labels: bool, image_size: int | None = None) -> Raw:
    """Read every image of a folder; the sub-folder an image is in is its class.

    Args:
        folder: one sub-folder per class. Where labels are not needed, images may also lie in the folder itself.
        need_labels: whether there have to be classes.
        image_size: height and width of the images as given back; 32 by default.

    Raises:
        InputError: where there are no classes or no images, or an image cannot be read.
        OptionError: where `image_size` is out of range.
    """
    size = SIZE if image_size is None else image_size
    if not 1 <= size <= MOST_SIZE:
        raise OptionError(f"--image-size {size}", "not a size in pixels", f"1 to {MOST_SIZE}")
    pillow = need("PIL.Image", extra="images", purpose="reading images")
    classes = sorted(p for p in _visible(folder) if p.is_dir())
    loose, other = _images(folder)
    notes = []
    if need_labels:
        _refuse_no_classes(folder, classes, loose)
        if loose:
            notes.append(f"images outside the sub-folders left out: {len(loose)}, first {loose[0].name}")
        loose = []
    files: list[tuple[Path, int]] = [(p, -1) for p in loose]
    for code, of_class in enumerate(classes):
        images, foreign = _images(of_class)
        other += foreign
        if need_labels and not images:
            raise InputError(f"images of the class {of_class.name!r}", *_why_none(of_class, foreign))
        files += [(p, code) for p in images]
    if not files:
        raise InputError("images", f"{folder}: none with an ending that is read", f"files that end in {_endings()}")
    if other:
        notes.append(f"files that are no images left out: {len(other)}, first {other[0].relative_to(folder)}")
    pixels, digest, resized = _pixels(pillow, folder, [p for p, _ in files], size)
    if resized:
        notes.append(f"{resized} of {len(files)} images resized to {size} x {size} pixels, whatever their shape was")
    return Raw(
        features=pixels,
        y=np.array([code for _, code in files]) if need_labels else None,
        y_name="the sub-folders",
        names=[_text(c.name) for c in classes] if need_labels else None,
        ids=np.array([_text(p.relative_to(folder).as_posix()) for p, _ in files]),
        notes=tuple(notes),
        found={"path": str(folder), "sha256": digest},
    )


def _pixels(pillow: Any, folder: Path, files: list[Path], size: int) -> tuple[np.ndarray, str, int]:
    """(N, size, size, 1 or 3) uint8; one hash over names and bytes; how many had another size."""
    digest, resized, images = hashlib.sha256(), 0, []
    for path in files:
        try:
            data = path.read_bytes()
            with warnings.catch_warnings():
                warnings.simplefilter("error", pillow.DecompressionBombWarning)
                pixels, was = _decode(pillow, data, size)
        except Exception as error:
            cause = (str(error).splitlines() or [type(error).__name__])[0].replace("<_io.BytesIO object", "<its bytes")
            raise InputError(
                f"images that can be read in {folder}",
                f"{path.relative_to(folder)} ({path.stat().st_size:,} bytes): {cause}",
                "the image mended or moved out of the folder",
            ) from None
        digest.update(f"{_text(path.relative_to(folder).as_posix())} {len(data)}\n".encode())
        digest.update(data)
        resized += was != (size, size)
        images.append(pixels)
    channels = max(p.shape[2] for p in images)
    out = np.empty((len(images), size, size, channels), np.uint8)
    for i, pixels in enumerate(images):
        out[i] = pixels  # a grey image among coloured ones has three equal channels
    return out, digest.hexdigest(), resized


def _decode(pillow: Any, data: bytes, size: int) -> tuple[np.ndarray, tuple[int, int]]:
    """One image upright, grey or RGB, and the size it had."""
    ops = need("PIL.ImageOps", extra="images", purpose="reading images")
    with pillow.open(io.BytesIO(data)) as opened:
        was = opened.size
        image = ops.exif_transpose(opened)
        if image.mode.startswith("I") or image.mode == "F":  # 16 bits and more: Pillow would clip at 255
            deep = np.asarray(image, np.float64)
            image = pillow.fromarray((deep * (255 / max(65535.0, deep.max()))).clip(0).round().astype(np.uint8))
        grey = image.mode in ("1", "L", "LA")
        image = image.convert("L" if grey else "RGB")
        if image.size != (size, size):
            image = image.resize((size, size), pillow.Resampling.BILINEAR)
        pixels = np.asarray(image)
    return (pixels[..., None] if grey else pixels), was


def _visible(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if not p.name.startswith(".")]


def _images(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files directly in a folder, sorted: images, and the rest."""
    files = sorted(p for p in _visible(folder) if p.is_file())
    is_image = [p.suffix.lower() in ENDINGS for p in files]
    return (
        [p for p, yes in zip(files, is_image, strict=True) if yes],
        [p for p, yes in zip(files, is_image, strict=True) if not yes],
    )


def _refuse_no_classes(folder: Path, classes: list[Path], loose: list[Path]) -> None:
    instead = f"{folder.name}/cat/1.png, {folder.name}/dog/1.png, ...: the name of a sub-folder is the class"
    wanted = "a folder with one sub-folder of images per class"
    if not classes:
        given = f"{len(loose)} images and no sub-folder" if loose else "nothing to read in it"
        tables = [p.name for p in _visible(folder) if p.suffix.lower() in (".npz", ".csv", ".parquet")]
        if tables and not loose:
            given, instead = (
                f"the files {', '.join(sorted(tables)[:5])}",
                f"the file itself, e.g. {folder / min(tables)}",
            )
        raise InputError(wanted, f"{folder}: {given}", instead)
    if len(classes) == 1:
        raise InputError(wanted, f"{folder}: only one sub-folder, {classes[0].name!r}", instead)
    if not any(_images(c)[0] or any(p.is_dir() for p in _visible(c)) for c in classes):
        raise InputError(wanted, f"{folder}: {len(classes)} sub-folders, no image in any of them", instead)


def _why_none(of_class: Path, foreign: list[Path]) -> tuple[str, str]:
    inner = sorted(p.name for p in _visible(of_class) if p.is_dir())
    if inner:
        return (
            f"{of_class} holds folders ({', '.join(inner[:3])}), no images",
            f"the folder whose sub-folders are the classes, e.g. {of_class}",
        )
    if foreign:
        return f"{of_class} holds no image, but e.g. {foreign[0].name}", f"files that end in {_endings()}"
    return f"{of_class} is empty", "images in it, or the sub-folder removed"


def _endings() -> str:
    return " ".join(ENDINGS)


def _text(name: str) -> str:
    """A file name as text that can be written; a byte that is no UTF-8 becomes a question mark."""
    return name.encode("utf-8", "replace").decode()
