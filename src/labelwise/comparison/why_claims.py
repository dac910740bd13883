"""The attribution in words: what the gap is made of, what is only noise, and what would change the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from labelwise.comparison.paired import seeds_to_resolve
from labelwise.comparison.result import Attribution, Claim, Share

__all__ = ["why_claims"]


def why_claims(
    a: str,
    b: str,
    quoted: Attribution,
    strict: Attribution,
    training: Attribution,
    left_out: dict[str, str],
    optimiser: str,
    margin: float,
) -> tuple[Claim, ...]:
    """Sentences of an attribution, the most important first.

    Args:
        a: head a; b: head b.
        quoted: the gap in the figures people quote.
        strict: the gap with the metric fixed to strict accuracy.
        training: the gap with the decision fixed as well.
        left_out: switch -> why it cannot act.
        optimiser: its name.
        margin: what counts as level.
    """
    return (
        *_quoted(a, b, quoted, strict),
        _largest(a, b, strict, margin),
        _loss(a, b, strict, margin),
        *_small(strict, optimiser, margin),
        *_joint(training, optimiser),
        *_left_out(b, left_out),
    )


def _quoted(a: str, b: str, quoted: Attribution, strict: Attribution) -> Iterator[Claim]:
    """The gap that people quote, and the strict one where the two differ."""
    if "metric" not in quoted.switches:
        return
    metric = quoted.switches["metric"]
    yield Claim(
        f"As commonly quoted, {b} shows {quoted.b:.3f} against {quoted.a:.3f} of {a}: a gap of {quoted.gap:+.3f} "
        f"({quoted.metric}). Judged strictly the same gap is {strict.gap:+.3f} {_interval(strict)}: the metric alone "
        f"accounts for {metric.shapley:+.3f}.",
        {"quoted": quoted.gap, "strict": strict.gap, "metric": metric.shapley},
    )


def _largest(a: str, b: str, strict: Attribution, margin: float) -> Claim:
    if _within(strict.low, strict.high, margin):
        return Claim(
            f"Judged strictly there is no gap to explain: {strict.gap:+.3f} {_interval(strict)}, within the margin of "
            f"{margin:g}.",
            {"gap": strict.gap},
        )
    shares = {name: share for name, share in strict.switches.items() if name != "loss"}
    if not shares:
        return Claim(f"Nothing but the loss differs between {a} and {b}: gap {strict.gap:+.3f} {_interval(strict)}.")
    ranked = sorted(shares.items(), key=lambda item: -abs(item[1].shapley))
    parts = ", ".join(f"{share.title} {share.shapley:+.3f} {_interval(share)}" for _, share in ranked)
    return Claim(
        f"Of the strict gap of {strict.gap:+.3f} between {a} as practised ({strict.a:.3f}) and {b} as practised "
        f"({strict.b:.3f}): {parts}, and the loss itself {strict.switches['loss'].shapley:+.3f}.",
        {name: share.shapley for name, share in strict.switches.items()},
        "shares are averages over all orders of setting things right; the table shows how far they depend on the order",
        "answer",
    )


def _loss(a: str, b: str, strict: Attribution, margin: float) -> Claim:
    loss = strict.switches["loss"]
    numbers = {"loss": loss.shapley, "low": loss.low, "high": loss.high, "margin": margin}
    start = f"With everything else set right {b} reaches {strict.b_right:.3f} against {strict.a:.3f} of {a}"
    if loss.low is None or loss.high is None:
        return Claim(f"{start}; one seed cannot tell whether the losses differ.", numbers, "run at least 5 seeds")
    told = f"{loss.shapley:+.3f} {_interval(loss)}"
    if _within(loss.low, loss.high, margin):
        return Claim(f"{start}: level, the loss itself makes {told}, within the margin of {margin:g}.", numbers)
    if loss.low * loss.high > 0:
        better, ends = (a, (loss.low, loss.high)) if loss.shapley > 0 else (b, (-loss.high, -loss.low))
        by = f"{abs(loss.shapley):.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"
        return Claim(f"{start}: the loss of {better} is better by {by}.", numbers)
    return Claim(f"{start}: cannot tell, the loss itself makes {told}.", numbers, _what_would_tell(loss, margin))


def _small(strict: Attribution, optimiser: str, margin: float) -> Iterator[Claim]:
    """Switches that were shown to do nothing, with the optimiser they did nothing under."""
    idle = [s.title for n, s in strict.switches.items() if n != "loss" and _within(s.low, s.high, margin)]
    if idle:
        yield Claim(
            f"Here, with {optimiser}, level within {margin:g}: {', '.join(idle)} made no difference that matters.",
            {name: s.shapley for name, s in strict.switches.items() if s.title in idle},
            "another optimiser may say otherwise: run the same with --optimiser",
        )


def _joint(training: Attribution, optimiser: str) -> Iterator[Claim]:
    """Pairs whose credit depends on which is set right first, with the decision fixed."""
    for pair in training.interactions:
        one, other = training.switches[pair.a].title, training.switches[pair.b].title
        how = (
            "are substitutes: whichever is set right first gets the credit"
            if pair.kind == "substitutes"
            else "work together: neither does alone what both do"
        )
        low = "" if pair.joint_low is None else f" [{pair.joint_low:+.3f}, {pair.joint_high:+.3f}]"
        yield Claim(
            f"With {optimiser} and the decision fixed, {one} and {other} {how}; together they account for "
            f"{pair.joint:+.3f}{low} of {training.gap:+.3f}.",
            {"interaction": pair.value, "joint": pair.joint, "gap": training.gap},
        )


def _left_out(b: str, left_out: dict[str, str]) -> Iterator[Claim]:
    if left_out:
        told = "; ".join(f"{name.replace('_', ' ')} ({why})" for name, why in left_out.items())
        yield Claim(f"Not looked at for {b}: {told}.")


def _what_would_tell(share: Share, margin: float) -> str:
    """How many seeds would settle it, at the mean and spread seen."""
    told = []
    exclude, narrow = seeds_to_resolve(share.values, abs(share.shapley)), seeds_to_resolve(share.values, margin)
    if exclude is not None:
        told.append(f"with about {exclude} seeds the interval would exclude zero if the mean stayed as it is")
    if narrow is not None:
        told.append(f"with about {narrow} it would be narrower than the margin of {margin:g}")
    return ", ".join(told) or "more seeds, or more test rows, would narrow the interval"


def _within(low: float | None, high: float | None, margin: float) -> bool:
    return low is not None and high is not None and -margin <= low and high <= margin


def _interval(part: Share | Attribution) -> str:
    return "" if part.low is None else f"[{part.low:+.3f}, {part.high:+.3f}]"
