"""Mutated policy files and scores files: each is refused with an error of labelwise, or works; nothing else happens.

    python benchmarks/fuzz.py [policy files] [scores files] [seed] 2>/dev/null

What is lost that way is what the Parquet library says of files that make it panic, before labelwise refuses them.

Half of the policy files are changed in their structure (values, keys, types, parts of other policies) and most of them
get a hash that fits, as a careful forger would; the other half are changed byte by byte. What loads must decide rows of
extreme scores, with probabilities from 0 to 1, and one in eight alike in the file that needs numpy alone. Scores files
(.npz, .csv, .parquet) are changed byte by byte, or hold arrays of odd shapes, types and values; what is read must be
decided or refused.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import labelwise as lw
from labelwise import LabelwiseError, Policy
from labelwise.io.scores_file import read_scores
from labelwise.policies.schema import digest
from labelwise.policies.stream import decide_file
from labelwise.policies.to_numpy import policy_source

KINDS = ("binary", "multiclass", "ordinal", "multilabel")
NUMBERS = (0, 1, -1, 2, 0.5, 1e-300, 1e300, -1e300, 1e999, 2**63, 2**1100, 10**400, -0.0, 3.0, 255, 1.0000001)
WORDS = ("", "a", "softmax", "identity", "thresholds", "aps", "\x00", "é", "\ud800", "logits", "x" * 3000)
JUNK = (None, True, False, [], {}, [[]], [None], [1e308] * 4, {"a": 1}, *NUMBERS, *WORDS)


def problem(kind: str, n: int = 120, seed: int = 0) -> tuple[lw.Logits, np.ndarray]:
    """Scores and labels of a kind of task."""
    rng = np.random.default_rng(seed)
    names = {
        "binary": ("no", "yes"),
        "multiclass": tuple("abcd"),
        "ordinal": tuple("lmh"),
        "multilabel": tuple("abcde"),
    }
    task = lw.Task(kind, names[kind])
    z = rng.normal(size=(n, task.n_outputs)) * 2
    if kind in ("binary", "multilabel"):
        y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
        return lw.Logits(z * 2, task), y[:, 0].astype(int) if kind == "binary" else y
    return lw.Logits(z * 2, task), (z + rng.gumbel(size=z.shape)).argmax(1)


def policies() -> list[Policy]:
    """Policies with every part a file can have."""
    several = {"close_call": 0.1, "out_of_domain": 0.05}
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("binary", {"objective": "macro_f1", "calibrators": ["quadratic"]}),
        ("binary", {"calibrators": ["beta"]}),
        ("multiclass", {"objective": "balanced_accuracy", "sets": "raps", **several}),
        ("multiclass", {"objective": "cost", "costs": (1 - np.eye(4)).tolist(), "calibrators": ["isotonic"]}),
        ("multiclass", {"calibrators": ["matrix"], "risk": 0.5}),
        ("ordinal", {"objective": "rank_error", "calibrators": ["link_shift"]}),
        ("multilabel", {"objective": "macro_f1", "at_least_one": True, "at_most": 2, "groups": [("a", "b")]}),
        ("multilabel", {"objective": "top_k", "k": 2, "calibrators": ["shrunk"], "one_expected": True}),
        ("multilabel", {"objective": "precision_floor", "level": 0.6}),
    ]
    return [lw.fit_policy(*problem(kind), **options) for kind, options in wanted]


# ------------------------------------------------------------------ mutations


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from places(node[key])


def forged(documents: list[dict[str, Any]], random: Random) -> bytes:
    """A document with one to three changes of its structure, its hash set right in most cases."""
    document = copy.deepcopy(random.choice(documents))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        every = list(places(document))
        node, key = random.choice(every)
        change = random.randrange(7)
        if change == 0:
            del node[key]
        elif change == 1:
            node[key] = copy.deepcopy(random.choice(JUNK))
        elif change == 2:
            other, place = random.choice(list(places(random.choice(documents))))
            node[key] = copy.deepcopy(other[place])
        elif change == 3 and isinstance(node, dict):
            node[random.choice(WORDS)] = copy.deepcopy(random.choice(JUNK))
        elif change == 4 and isinstance(node, list):
            node.insert(random.randrange(len(node) + 1), copy.deepcopy(random.choice(JUNK)))
        elif isinstance(node[key], float):
            node[key] *= random.choice((-1, 0, 1e-9, 1e9, 1e60, 1 + 1e-9))
        else:
            node[key] = [node[key]]
    if random.random() < 0.8:
        with contextlib.suppress(ValueError):  # numbers that JSON has no word for
            document["sha256"] = digest(document)
    return json.dumps(document).encode()


def damaged(content: bytes, random: Random) -> bytes:
    """Bytes flipped, cut out, put in, doubled or cut off."""
    out = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at, size = random.randrange(len(out) + 1), random.choice((1, 1, 2, 8, 64, 512))
        change = random.randrange(5)
        if change == 0 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif change == 1:
            del out[at : at + size]
        elif change == 2:
            out[at:at] = random.choice(
                (random.randbytes(size), b"0" * size, b"\xff" * size, b"[" * size, b"\x00" * size)
            )
        elif change == 3:
            out[at:at] = out[random.randrange(len(out) + 1) :][:size]
        elif random.random() < 0.3:
            del out[at:]
    return bytes(out)


def odd_arrays(random: Random) -> dict[str, Any]:
    """Arrays by names that a scores file may have, of shapes and types that it should not."""
    rng = np.random.default_rng(random.randrange(2**32))
    n, width = random.choice(((0, 3), (1, 1), (7, 4), (7, 5), (7, 0), (5, 1)))
    shape = random.choice(((n, width), (n,), (n, width, 1), (), (width, n)))
    z = rng.normal(size=shape) * random.choice((0.1, 1, 1e30))
    if z.size and random.random() < 0.3:
        z.flat[random.randrange(z.size)] = random.choice((np.nan, np.inf, -np.inf, 1e308))
    z = z.astype(random.choice(("f4", "f8", "f2", "i8", "u1", "U8", "c16", "?", "S3", "M8[s]"))) if shape else z
    y = random.choice(
        (
            rng.integers(-2, 6, n),
            rng.normal(size=(n, width)),
            rng.random((n, width)) < 0.5,
            np.array(["a", "b"]),
            np.full(n, np.nan),
        )
    )
    found: dict[str, Any] = {random.choice(("logits", "probs", "log_probs", "scores")): z}
    for name, value in (
        ("y", y),
        ("classes", np.array(list("abcdefg")[:width])),
        ("ids", np.arange(n)),
        ("link", "softmax"),
    ):
        if random.random() < 0.4:
            found[name] = random.choice((value, np.array(["x"]), np.array([1, 2])))
    return found


# ------------------------------------------------------------------ runs


def tried(job: Callable[[], str], seen: Counter[str], failures: list[str], where: str) -> None:
    """Run a job, and count what it says, what it is refused with, or that it breaks."""
    try:
        seen[job()] += 1
    except LabelwiseError as error:
        seen[type(error).__name__] += 1
    except BaseException as error:  # a panic of a native library is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        seen["FOREIGN"] += 1
        failures.append(f"{where}: {''.join(traceback.format_exception(error)[-3:])}")


def extreme(policy: Policy) -> lw.scores.Scores:
    """A few rows of the policy's kind: even, huge, tiny."""
    width, task = policy.task.n_outputs, policy.task
    if policy.score_kind == "probabilities":
        return lw.Probs(np.full((2, width), 1 / width), task)
    z = np.zeros((4, width))
    z[1], z[2], z[3, 0] = 1e30, -1e30, 88.0
    return lw.Logits(z, task) if policy.score_kind == "logits" else lw.LogProbs(np.minimum(z, 0) - 1e-9, task)


def load_and_decide(text: bytes) -> str:
    """Load a policy file, and decide with it."""
    policy = Policy.from_bytes(text)
    decided = policy.decide(extreme(policy))
    p = decided.probabilities
    if not ((p >= 0) & (p <= 1)).all():
        raise AssertionError(f"probabilities outside 0..1: {p}")
    assert len(decided.labels) == len(decided.caveats) == len(p)
    if len(text) % 8 == 0:
        same_in_numpy(policy, decided)
    return "decided"


def same_in_numpy(policy: Policy, decided: lw.Decisions) -> None:
    """The file that needs numpy alone decides the same rows alike."""
    namespace: dict[str, Any] = {}
    exec(policy_source(policy), namespace)
    found = namespace["decide_arrays"](extreme(policy).array)
    for name, ours in (("answers", decided.indicators), ("caveats", decided.caveat_flags)):
        if not np.array_equal(found[name], ours):
            raise AssertionError(f"other {name} in numpy: {found[name]} where {ours} is right")


def fuzz_policies(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """So many mutated policy files."""
    random, documents = Random(seed), []
    for policy in policies():
        document = policy.to_dict()
        document["report"] = {"objective": policy.objective}
        documents.append(document | {"sha256": digest(document)})
    texts = [json.dumps(document).encode() for document in documents]
    seen: Counter[str] = Counter()
    failures: list[str] = []
    for k in range(count):
        text = forged(documents, random) if k % 2 else damaged(random.choice(texts), random)
        tried(lambda text=text: load_and_decide(text), seen, failures, f"policy {k}, seed {seed}")
    return seen, failures


def fuzz_scores(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """So many mutated scores files."""
    import polars as pl

    random, seen = Random(seed), Counter()
    failures: list[str] = []
    by_kind = {policy.task.kind: policy for policy in policies()}
    folder = Path(tempfile.mkdtemp())
    contents: list[tuple[str, bytes]] = []
    for kind in KINDS:
        scores, y = problem(kind, 12, 1)
        buffer = io.BytesIO()
        np.savez(buffer, logits=scores.array, y=y, classes=np.array(scores.task.class_names))
        contents.append((".npz", buffer.getvalue()))
        columns = {
            f"logit_{name}": column for name, column in zip(scores.task.column_names, scores.array.T, strict=True)
        }
        frame = pl.DataFrame(columns | ({"label": y} if y.ndim == 1 else {}))
        contents.append((".csv", frame.write_csv().encode()))
        for compression in ("lz4", "uncompressed"):
            frame.write_parquet(folder / "base.parquet", compression=compression)
            contents.append((".parquet", (folder / "base.parquet").read_bytes()))

    def job(path: Path) -> str:
        file = read_scores(path)
        policy = by_kind.get(file.scores.task.kind)
        if policy is None:
            return "read"
        decide_file(policy, path, folder / "out.parquet")
        return "decided"

    for k in range(count):
        if k % 4 == 0:
            path = folder / "odd.npz"
            np.savez(path, **odd_arrays(random))
        else:
            suffix, content = random.choice(contents)
            path = folder / f"damaged{suffix}"
            path.write_bytes(damaged(content, random))
        tried(lambda path=path: job(path), seen, failures, f"scores {k} ({path.suffix}), seed {seed}")
    return seen, failures


def main(policy_files: int, scores_files: int, seed: int) -> int:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    broken = 0
    print("| files | tried | decided | read | refused | foreign errors | seconds |\n|---|---|---|---|---|---|---|")
    for name, run, count in (("policies", fuzz_policies, policy_files), ("scores", fuzz_scores, scores_files)):
        start = time.perf_counter()
        seen, failures = run(count, seed)
        refused = sum(n for word, n in seen.items() if word not in ("decided", "read", "FOREIGN"))
        line = (
            name,
            count,
            seen["decided"],
            seen["read"],
            refused,
            seen["FOREIGN"],
            round(time.perf_counter() - start),
        )
        print("| " + " | ".join(map(str, line)) + " |", flush=True)
        broken += len(failures)
        for failure in failures[:10]:
            print(failure)
    return min(broken, 1)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(given + [100_000, 10_000, 0][len(given) :])))
