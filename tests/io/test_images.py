from pathlib import Path

import numpy as np
import pytest

from labelwise.errors import InputError, OptionError
from labelwise.io.images import from_folder

Image = pytest.importorskip("PIL.Image")

RED, GREEN = (255, 0, 0), (0, 255, 0)


def save(path: Path, colour=RED, *, mode="RGB", size=(32, 32), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)


@pytest.fixture
def pets(tmp_path):
    root = tmp_path / "pets"
    for name in ("b.png", "a.jpg", "c.webp"):
        save(root / "dog" / name, RED)
    save(root / "cat" / "1.png", GREEN)
    save(root / "cat" / "2.bmp", GREEN)
    return root


def read(folder, **options):
    return from_folder(folder, **({"need_labels": True} | options))


def test_sub_folders_are_classes_in_a_fixed_order(pets):
    (pets / ".hidden").mkdir()
    (pets / "dog" / ".DS_Store").write_bytes(b"x")
    raw = read(pets)
    assert raw.features.shape == (5, 32, 32, 3)
    assert raw.features.dtype == np.uint8
    assert raw.names == ["cat", "dog"]
    assert raw.y.tolist() == [0, 0, 1, 1, 1]
    assert raw.ids is not None
    assert raw.ids.tolist() == ["cat/1.png", "cat/2.bmp", "dog/a.jpg", "dog/b.png", "dog/c.webp"]
    assert (raw.features[0, 0, 0] == GREEN).all()
    assert raw.features[3, 0, 0].tolist() == list(RED)
    assert raw.notes == ()


def test_the_hash_depends_on_names_and_bytes(pets):
    before = read(pets).found["sha256"]
    assert read(pets).found["sha256"] == before
    (pets / "dog" / "a.jpg").rename(pets / "dog" / "a2.jpg")
    renamed = read(pets).found["sha256"]
    save(pets / "dog" / "b.png", GREEN)
    assert len({before, renamed, read(pets).found["sha256"]}) == 3


def test_other_sizes_are_resized_and_noted(pets):
    save(pets / "dog" / "wide.png", size=(100, 20))
    raw = read(pets)
    assert raw.features.shape == (6, 32, 32, 3)
    assert raw.notes == ("1 of 6 images resized to 32 x 32 pixels, whatever their shape was",)
    assert read(pets, image_size=8).features.shape == (6, 8, 8, 3)
    for size in (0, -1, 5000):
        with pytest.raises(OptionError, match=f"--image-size {size}\n"):
            read(pets, image_size=size)


def test_grey_stays_grey_until_one_image_has_colour(tmp_path):
    save(tmp_path / "a" / "1.png", 100, mode="L")
    save(tmp_path / "b" / "1.png", (200, 255), mode="LA")
    save(tmp_path / "b" / "2.png", 1, mode="1")
    raw = read(tmp_path)
    assert raw.features.shape == (3, 32, 32, 1)
    assert raw.features[:, 0, 0, 0].tolist() == [100, 200, 255]
    save(tmp_path / "b" / "3.png", GREEN)
    raw = read(tmp_path)
    assert raw.features[0, 0, 0].tolist() == [100, 100, 100]
    assert raw.features[3, 0, 0].tolist() == list(GREEN)


def test_deep_images_are_scaled_not_clipped(tmp_path):
    for name, value in (("a", 0), ("b", 65535), ("c", 32768)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((32, 32), value, np.uint16)).save(tmp_path / name / "1.png")
    assert read(tmp_path).features[:, 0, 0, 0].tolist() == [0, 255, 128]


def test_a_photo_is_turned_upright(tmp_path):
    save(tmp_path / "a" / "1.png")
    sideways = Image.new("RGB", (32, 32), GREEN)
    sideways.paste(RED, (0, 0, 32, 16))  # the upper half, which the tag says is the right side
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "b").mkdir()
    sideways.save(tmp_path / "b" / "1.jpg", exif=exif, quality=95)
    pixels = read(tmp_path).features[1]
    assert pixels[16, 28, 0] > 200
    assert pixels[16, 3, 1] > 200


def test_what_is_no_image_is_noted(pets):
    (pets / "dog" / "notes.txt").write_text("good dogs")
    (pets / "readme.md").write_text("pets")
    save(pets / "loose.png")
    assert read(pets).notes == (
        "images outside the sub-folders left out: 1, first loose.png",
        "files that are no images left out: 2, first readme.md",
    )


def test_without_labels_any_image_is_taken(pets):
    save(pets / "loose.png")
    raw = read(pets, need_labels=False)
    assert raw.y is None
    assert raw.names is None
    assert len(raw.features) == 6
    assert read(pets / "dog", need_labels=False).features.shape == (3, 32, 32, 3)


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_an_unreadable_image_is_named(pets, damage):
    path = pets / "dog" / "b.png"
    path.write_bytes({"cut": path.read_bytes()[:60], "text": b"<html>", "empty": b""}[damage])
    with pytest.raises(InputError) as caught:
        read(pets)
    assert f"dog/b.png ({path.stat().st_size} bytes): " in caught.value.given
    assert "object at 0x" not in caught.value.given


def test_a_picture_bomb_is_refused(pets, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="decompression bomb"):
        read(pets)


def folders(root, layout):
    for name in layout:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        elif name.endswith(".png"):
            save(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ([], "nothing to read in it"),
        (["1.png", "2.png"], "2 images and no sub-folder\ninstead: pets/cat/1.png, pets/dog/1.png"),
        (["dog/1.png"], "only one sub-folder, 'dog'"),
        (["dog/1.txt", "cat/"], "2 sub-folders, no image in any of them"),
        (["dog/1.png", "cat/"], r"images of the class 'cat'\ngiven: .*cat is empty"),
        (["dog/1.png", "cat/1.txt"], r"cat holds no image, but e\.g\. 1\.txt\ninstead: files that end in \.png"),
        (["train/cat/1.png", "test/cat/1.png"], r"test holds folders \(cat\), no images\ninstead: the folder whose"),
        (["mnist.npz", "b.csv"], r"the files b\.csv, mnist\.npz\ninstead: the file itself, e\.g\. .*b\.csv"),
    ],
)
def test_a_folder_without_classes(tmp_path, layout, message):
    root = tmp_path / "pets"
    root.mkdir()
    folders(root, layout)
    with pytest.raises(InputError, match=message):
        read(root)


def test_without_labels_there_are_still_images(tmp_path):
    folders(tmp_path, ["a.txt"])
    with pytest.raises(InputError, match=r"none with an ending that is read\ninstead: files that end in \.png \.jpg"):
        read(tmp_path, need_labels=False)


def test_class_names_are_taken_as_they_are(tmp_path):
    for name in ("none", "10", "2", "<script>"):
        save(tmp_path / name / "1.png")
    assert read(tmp_path).names == ["10", "2", "<script>", "none"]
