"""Chunked heads: time and peak memory against the plain computation, and a problem of 500,000 labels.

python benchmarks/chunked.py                  # the three tables
python benchmarks/chunked.py time 256         # one of them, with the rows of a batch
python benchmarks/chunked.py memory
python benchmarks/chunked.py train 256 60 512 # rows of a batch, steps, features

Times are processor time of one forward and backward, the least of several taken in turns in one process: ratios hold on
a busy machine too. Peaks are those of a process of its own, above what it held before the step.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from published import asl, binary_cross_entropy, focal
from torch import Tensor
from torch.nn import functional

from labelwise.heads import chunked
from labelwise.heads.chunked.losses import ZlprLoss
from labelwise.heads.sides import Side

FEATURES, LABELS = 512, 200_000
MIB = 1024


def zlpr(z: Tensor, y: Tensor, one: Tensor) -> Tensor:
    """As published (arXiv 2208.02955): two log-sum-exps with a 0 entry."""
    zero = torch.zeros_like(z[:, :1])
    no, yes = z - 1e12 * y, -z - 1e12 * (1 - y)
    return (torch.cat([no, zero], 1).logsumexp(1) + torch.cat([yes, zero], 1).logsumexp(1)).mean()


LOSSES = {
    "cross-entropy": (lambda z, y, one: functional.cross_entropy(z, one), "softmax"),
    "binary cross-entropy": (binary_cross_entropy, chunked.CellLoss(Side(), Side())),
    "focal": (focal, chunked.CellLoss(Side(0.75, gamma=2), Side(0.25, gamma=2))),
    "asymmetric": (asl, chunked.CellLoss(Side(gamma=4, margin=0.05), Side(gamma=1))),
    "ZLPR": (zlpr, ZlprLoss()),
}


class Problem:
    """x, weight, bias and about five labels per row, or one for the cross-entropy."""

    def __init__(self, rows: int, dense: bool):
        torch.manual_seed(0)
        self.x = torch.randn(rows, FEATURES, requires_grad=True)
        self.weight = (torch.randn(LABELS, FEATURES) * 0.05).requires_grad_()
        self.bias = torch.zeros(LABELS, requires_grad=True)
        self.many = chunked.positives_from([torch.randint(LABELS, (5,)).unique() for _ in range(rows)])
        self.one = self.many.labels[self.many.starts[:-1]]
        self.y = torch.zeros(rows, LABELS if dense else 0)
        if dense:
            self.y[self.many.rows, self.many.labels] = 1

    def job(self, loss: str, way: str) -> Callable[[], Tensor]:
        plain, head = LOSSES[loss]
        positives = chunked.positives_from(self.one) if loss == "cross-entropy" else self.many
        return {
            "plain": lambda: plain(functional.linear(self.x, self.weight, self.bias), self.y, self.one),
            "chunked": lambda: chunked.loss(self.x, self.weight, self.bias, positives, head),
            "torch's chunked": lambda: functional.linear_cross_entropy(
                self.x, self.weight, self.one, linear_bias=self.bias, options=torch.nn.LinearCrossEntropyOptions()
            ),
        }[way]

    def forget(self) -> None:
        self.x.grad = self.weight.grad = self.bias.grad = None


def ways(loss: str) -> list[str]:
    own = loss == "cross-entropy" and hasattr(functional, "linear_cross_entropy")
    return ["plain", "chunked", *(["torch's chunked"] if own else [])]


def step(problem: Problem, loss: str, way: str) -> float:
    problem.forget()
    start = time.process_time()
    problem.job(loss, way)().backward()
    return time.process_time() - start


def times(rows: int) -> None:
    problem = Problem(rows, dense=True)
    print(f"\nforward + backward, linear({FEATURES}) to {LABELS:,} labels, {rows} rows: seconds of processor time\n")
    print(f"{'':22}{'plain':>9}{'chunked':>9}{'ratio':>7}  torch's own chunked")
    for loss in LOSSES:
        found: dict[str, float] = {}
        for turn in range(3):
            for way in ways(loss)[: 3 if turn == 0 else 2]:  # torch's own chunks take minutes: once
                found[way] = min(step(problem, loss, way), found.get(way, float("inf")))
        plain, ours, *own = found.values()
        print(f"{loss:22}{plain:9.2f}{ours:9.2f}{ours / plain:7.2f}" + "".join(f"  {t:.2f}" for t in own), flush=True)


def memory_of(key: str) -> float:
    """Of this process, in MiB: VmRSS now, VmHWM at its most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / MIB for line in lines if line.startswith(key))


def one_peak(loss: str, way: str, rows: int) -> None:
    """In a process of its own: what one step needs at its most."""
    warm = torch.ones(4, 8, requires_grad=True)
    chunked.loss(warm, torch.zeros(9, 8, requires_grad=True), None, [[0]] * 4, LOSSES[loss][1]).backward()
    problem = Problem(rows, dense=way == "plain")
    before = memory_of("VmRSS")
    problem.job(loss, way)().backward()
    print(memory_of("VmHWM") - before)


def memory() -> None:
    gradient = FEATURES * LABELS * 4 / MIB**2
    print(f"\npeak above what was there before the step, MiB (the gradient of the weights alone: {gradient:.0f})\n")
    print(f"{'':22}{'rows':>6}{'plain':>9}{'chunked':>9}{'beside the gradient':>21}  torch's own chunked")
    for loss in LOSSES:
        for rows in (256, 4096):
            told = {}
            for way in ways(loss):
                if way == "chunked" or rows == 256:  # whole logits of the others would not fit
                    command = [sys.executable, __file__, "peak", loss, way, str(rows)]
                    told[way] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            plain = f"{told['plain']:9.0f}" if "plain" in told else f"{'-':>9}"
            ours, own = told["chunked"], told.get("torch's chunked")
            print(
                f"{loss:22}{rows:6}{plain}{ours:9.0f}{ours - gradient:21.0f}" + (f"  {own:.0f}" if own else ""),
                flush=True,
            )


class Sparse:
    """Rows of about five labels out of very many; label j is drawn in proportion to 1 / (j + 10).

    A label's mark on the features is the sum of two of 2 x 710 random directions, so that the labels need no array of
    their own; a row is the sum of its labels' marks, with noise.
    """

    def __init__(self, labels: int, features: int):
        self.generator = torch.Generator().manual_seed(0)
        self.side = int(labels**0.5) + 1
        self.marks = torch.randn(2, self.side, features, generator=self.generator) / features**0.5
        self.features = features
        self.climb = (1 / (torch.arange(labels, dtype=torch.float64) + 10)).cumsum(0)

    def batch(self, rows: int) -> tuple[Tensor, chunked.Positives]:
        drawn = torch.rand(rows, 5, generator=self.generator, dtype=torch.float64) * self.climb[-1]
        positives = chunked.positives_from([row.unique() for row in torch.searchsorted(self.climb, drawn)])
        first, second = positives.labels // self.side, positives.labels % self.side
        x = torch.zeros(rows, self.features)
        x.index_add_(0, positives.rows, self.marks[0, first] + self.marks[1, second])
        return x + 0.1 * torch.randn(x.shape, generator=self.generator) / self.features**0.5, positives


def train(rows: int = 256, steps: int = 60, features: int = FEATURES, labels: int = 500_000) -> None:
    torch.manual_seed(0)
    data = Sparse(labels, features)
    _, seen = data.batch(20_000)
    x_test, test = data.batch(500)
    print(f"\nlinear({features}) to {labels:,} labels, about five per row, label j in proportion to 1 / (j + 10)")
    print(f"plain SGD, {rows} rows a batch\n")
    for head, rate in (("sigmoid(reduction=sum_labels,bias=prior)", 8.0), ("softmax(bias=prior)", 20.0)):
        net = chunked.Linear(features, labels, head, positives=seen)
        optimiser = torch.optim.SGD(net.parameters(), lr=rate)
        start = time.perf_counter()
        print(f"{head}, rate {rate:g}")
        for i in range(steps + 1):
            if i % max(steps // 4, 1) == 0:
                with torch.no_grad():
                    loss = net(x_test, test).item()
                best = net.top_labels(x_test, 1)[1] + torch.arange(len(x_test))[:, None] * labels
                hit = torch.isin(best, test.rows * labels + test.labels).float().mean().item()
                told = f"loss {loss:8.3f}, best label right {hit:6.1%}, peak so far {memory_of('VmHWM') / MIB:.2f} GiB"
                print(f"  after {i:3} steps, 500 other rows: {told}", flush=True)
            if i < steps:
                optimiser.zero_grad()
                net(*data.batch(rows)).backward()
                optimiser.step()
        print(f"  {(time.perf_counter() - start) / steps:.1f} s per step, the four evaluations included")
        del net, optimiser


def main() -> None:
    what, *rest = sys.argv[1:] or ["all"]
    if what == "peak":
        one_peak(rest[0], rest[1], int(rest[2]))
    if what in ("all", "time"):
        times(int(rest[0]) if rest else 256)
    if what in ("all", "memory"):
        memory()
    if what in ("all", "train"):
        train(*map(int, rest))


if __name__ == "__main__":
    main()
