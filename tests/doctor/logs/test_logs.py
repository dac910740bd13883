import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.doctor import check_log
from labelwise.doctor.logs import softmax_floor
from labelwise.errors import InputError


def settle(floor, n=30):
    return [floor + 0.8 / (i + 1) ** 2 for i in range(n)]


def slugs(path, **more):
    return [f.slug for f in check_log(path, **more)]


def test_a_floor_in_text_csv_and_jsonl(tmp_path):
    values = settle(softmax_floor(10))
    (tmp_path / "a.log").write_text(
        "\n".join(f"Epoch {i}/30 - loss: {v:.4f} - accuracy: 0.9712" for i, v in enumerate(values))
    )
    (tmp_path / "a.csv").write_text(
        "epoch,train_loss,train_acc\n" + "\n".join(f"{i},{v},97.1" for i, v in enumerate(values))
    )
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps({"epoch": i, "loss": v, "accuracy": 0.97}) for i, v in enumerate(values))
    )
    for name in ("a.log", "a.csv", "a.jsonl"):
        assert slugs(tmp_path / name) == ["double-softmax"], name
    found = check_log(tmp_path / "a.csv")[0]
    assert found.fingerprint == "F13"
    assert found.line == 31
    assert "1.4612" in found.message


def test_an_honest_log_is_silent(tmp_path):
    (tmp_path / "a.log").write_text("\n".join(f"loss: {v:.4f} acc: 0.97" for v in settle(0.08)))
    (tmp_path / "b.log").write_text("\n".join(f"loss: {v:.4f} acc: 0.55" for v in settle(1.4612)))
    (tmp_path / "c.log").write_text("\n".join(f"loss: {v:.4f}" for v in settle(1.4612)))
    (tmp_path / "d.log").write_text("\n".join(f"loss: {2.3 - 0.05 * i:.4f} acc: 0.95" for i in range(20)))
    for name in "abcd":
        assert slugs(tmp_path / f"{name}.log") == [], name
    assert slugs(tmp_path / "c.log", classes=10) == ["double-softmax"]


def test_losses_that_no_right_pair_can_give(tmp_path):
    (tmp_path / "nll.log").write_text("\n".join(f"train loss: {-1 + 0.6 / (i + 1):.4f}" for i in range(12)))
    (tmp_path / "zero.log").write_text("\n".join("loss: 0.0000" for _ in range(12)))
    (tmp_path / "nll2.log").write_text("\n".join(f"nll: {-3.0 * i:.4f}" for i in range(12)))
    assert slugs(tmp_path / "nll.log") == ["nll-on-softmax"]
    assert slugs(tmp_path / "zero.log") == ["softmax-one-unit"]
    assert slugs(tmp_path / "nll2.log") == ["nll-on-logits"]


def record(data):
    return struct.pack("<QI", len(data), 0) + data + struct.pack("<I", 0)


def event(tag, value):
    name = tag.encode()
    scalar = b"\x0a" + bytes([len(name)]) + name + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(scalar)]) + scalar
    return record(b"\x09" + struct.pack("<d", 0.0) + b"\x2a" + bytes([len(summary)]) + summary)


def test_tensorboard_events_are_read(tmp_path):
    data = b"".join(event("train/loss", v) + event("train/accuracy", 0.98) for v in settle(softmax_floor(10)))
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    assert slugs(tmp_path / "events.out.tfevents.1") == ["double-softmax"]
    (tmp_path / "events.out.tfevents.2").write_bytes(data[:-7])
    assert slugs(tmp_path / "events.out.tfevents.2") == ["double-softmax"]


def test_what_is_no_log_is_told(tmp_path):
    with pytest.raises(InputError):
        check_log(tmp_path / "none.log")
    (tmp_path / "a.log").write_text("hello")
    assert any("no series" in s for s in check_log(tmp_path / "a.log").skipped)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.log", "a.csv", "a.jsonl", "a.tfevents"]))
def test_no_bytes_crash_it(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("logs") / name
    path.write_bytes(data)
    try:
        check_log(path)
    except InputError:
        assert name == "a.csv"


def test_the_floor_is_what_softmax_of_a_one_hot_row_scores():
    for c in (2, 10, 100):
        assert softmax_floor(c) == pytest.approx(-math.log(math.e / (math.e + c - 1)))
