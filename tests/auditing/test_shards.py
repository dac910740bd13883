import json
import os
import signal

import numpy as np
import polars as pl
import pytest

from labelwise import InputError, OptionError
from labelwise.auditing import audit, audit_files, shards
from labelwise.io.scores_file import read_scores


@pytest.fixture
def files(tmp_path, made):
    case = made(rows=900)
    paths = []
    for i, rows in enumerate(np.array_split(np.arange(900), 3)):
        frame = {f"logit_{n}": case.scores.array[rows, k] for k, n in enumerate(case.scores.task.class_names)}
        paths.append(tmp_path / f"part{i}.parquet")
        pl.DataFrame(frame | {"label": case.targets[rows]}).write_parquet(paths[-1])
    return paths


def document(result):
    return json.dumps(result.to_dict())


def test_one_process_or_several_and_any_order_of_files_give_the_same_bytes(files):
    seen = []
    one = audit_files(files, workers=1, resamples=60, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert document(audit_files(files[::-1], workers=2, resamples=60)) == document(one)
    assert one.n == 900
    assert one.mistake_details.rows[0].id.startswith("part")


def test_batches_of_a_file_are_the_file(files):
    found = read_scores(files[0])
    exact = audit(found.scores, found.targets, resamples=60)
    batched = audit_files(files[:1], cells=6 * 40, workers=1, resamples=60)
    assert batched.metrics["accuracy"] == exact.metrics["accuracy"]
    assert batched.metrics["log_loss"].value == pytest.approx(exact.metrics["log_loss"].value, rel=1e-12)


def killed_once(part):
    """Stands in for the work on a part: the first process to come here dies."""
    mark = os.path.join(os.path.dirname(part[0]), "killed")
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return shards.state_of_part(part)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_changes_nothing(files, monkeypatch):
    calm = document(audit_files(files, workers=1, resamples=60))
    monkeypatch.setattr(shards, "state_of_part", killed_once)
    assert document(audit_files(files, workers=2, resamples=60)) == calm
    assert (files[0].parent / "killed").exists()


def test_a_real_cluster_gives_the_same_bytes_though_a_worker_is_killed(files, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra scale is not installed")
    calm = document(audit_files(files, workers=1, resamples=60))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        assert document(audit_files(files, scheduler=cluster.scheduler_address, resamples=60)) == calm
        monkeypatch.setattr(shards, "state_of_part", killed_once)
        assert document(audit_files(files, scheduler=cluster.scheduler_address, resamples=60)) == calm
    assert (files[0].parent / "killed").exists()


def test_settings_and_files_are_checked(files, tmp_path):
    with pytest.raises(OptionError, match="both scheduler and workers"):
        audit_files(files, workers=2, scheduler="tcp://localhost:1")
    with pytest.raises(InputError, match="none"):
        audit_files([])
    pl.DataFrame({"logit_a": [0.0], "logit_b": [1.0]}).write_parquet(tmp_path / "bare.parquet")
    with pytest.raises(InputError, match=r"bare\.parquet: none"):
        audit_files([tmp_path / "bare.parquet"])
    pl.DataFrame({"logit_a": [0.0], "logit_b": [1.0], "label": [0]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="parts of one kind"):
        audit_files([*files, tmp_path / "other.parquet"], workers=1)
