import numpy as np
import pytest

from labelwise import Logits
from labelwise.metrics import Case
from labelwise.task import Task

NAMES = tuple("abcdef")


@pytest.fixture
def made():
    """A case of any kind of task: labels drawn from the scores' own probabilities, scores then made too sure."""

    def make(kind="multiclass", rows=600, sharpness=2.0, seed=0, **settings):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(rows, len(NAMES))) * 2
        if kind == "multilabel":
            y = (z + rng.logistic(size=z.shape) > 0).astype(np.float32)
            task = Task("multilabel", NAMES)
        elif kind == "binary":
            z = z[:, :1]
            y = (z[:, 0] + rng.logistic(size=rows) > 0).astype(np.int64)
            task = Task("binary", ("no", "yes"))
        else:
            y = (z + rng.gumbel(size=z.shape)).argmax(1)
            task = Task(kind, NAMES)
        return Case(Logits(sharpness * z, task, **settings), y, resamples=100)

    return make
