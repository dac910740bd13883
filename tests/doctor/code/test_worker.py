"""Two processes find what one finds."""

import gc

from labelwise.doctor.code import worker
from labelwise.doctor.code.analyse import analyse, follow
from labelwise.doctor.code.project import read_source

MODEL = """import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    def forward(self, x):
        return self.fc(x)
"""
TRAIN = """import torch.nn as nn
from .model import Net
net, criterion = Net(), nn.CrossEntropyLoss()
def step(x, y):
    return criterion(net(x), y)
"""


def packages(tmp_path, count):
    files = {}
    for i in range(count):
        for name, text in (("__init__", ""), ("model", MODEL), ("train", TRAIN)):
            path = tmp_path / f"p{i}" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            files[f"p{i}/{name}.py"] = path
    return files


def test_two_processes_find_what_one_finds(tmp_path, monkeypatch):
    files = packages(tmp_path, 4)
    sources = {name: read_source(name, path.read_bytes()) for name, path in files.items()}
    monkeypatch.setattr(worker, "MANY", 2)
    monkeypatch.setattr(worker.os, "cpu_count", lambda: 2)
    both = worker.analyse_in_two(sources, files)
    assert both.claims == analyse(sources).claims
    assert len(both.claims) == 4


def test_neighbours_stay_together(tmp_path):
    files = packages(tmp_path, 6)
    sources = {name: read_source(name, path.read_bytes()) for name, path in files.items()}
    theirs = worker._second_half(sources, list(reversed(list(sources))))
    split = {name.partition("/")[0] for name in theirs} & {n.partition("/")[0] for n in set(sources) - theirs}
    assert 0 < len(theirs) < len(sources)
    assert len(split) <= 1


def test_what_was_followed_is_let_go_without_the_garbage_collector(tmp_path):
    files = packages(tmp_path, 3)
    sources = {name: read_source(name, path.read_bytes()) for name, path in files.items()}
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        follow(sources, list(sources))
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()
    trees = 200  # one file's tree alone has more nodes than that
    assert left < trees, left
