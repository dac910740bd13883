"""The answer in sentences: each carries the numbers it rests on and what could make it wrong."""

from __future__ import annotations

from collections.abc import Iterator

from labelwise.comparison.figures import FIGURES
from labelwise.comparison.headline import Headline
from labelwise.comparison.result import EVERY_PAIR, Claim, Difference, HeadResult
from labelwise.task import Task

__all__ = ["make_claims"]


def make_claims(
    task: Task,
    heads: dict[str, HeadResult],
    differences: tuple[Difference, ...],
    headline: Headline,
    titles: dict[str, str],
    seeds: int,
    margin: float,
) -> tuple[Claim, ...]:
    """The claims of a comparison, the answer first.

    Args:
        task: the task.
        heads: results by head.
        differences: paired differences.
        headline: the metric the answer is about, and its rule.
        titles: metric -> its name in words.
        seeds: number of seeds.
        margin: a difference whose whole interval lies within it is level.
    """
    return (
        *_answers(heads, differences, headline, titles[headline.metric], seeds, margin),
        *_artefacts(task, heads),
        *_confidence(heads),
        *_unknown(heads),
        *_cautions(task, heads, seeds),
    )


def _answers(
    heads: dict[str, HeadResult],
    differences: tuple[Difference, ...],
    headline: Headline,
    title: str,
    seeds: int,
    margin: float,
) -> Iterator[Claim]:
    metric, rule, how = headline.metric, headline.rule, headline.how.format(both="both")
    wanted = [d for d in differences if d.metric == metric and d.rule == rule and d.value is not None]
    if len(heads) > EVERY_PAIR and seeds > 1:
        yield from _ranking(heads, wanted, title, headline.how.format(both="all"), seeds, margin)
        return
    for d in wanted:
        a, b = heads[d.a].rules[rule][metric].value, heads[d.b].rules[rule][metric].value
        figures = f"{title} {a:.3f} ({d.a}) against {b:.3f} ({d.b})"
        numbers = {"a": a, "b": b, "difference": d.value, "low": d.low, "high": d.high}
        if d.low is None:
            text = f"{d.a} and {d.b} {how}: {figures}; one seed cannot tell whether they differ."
            doubt = "run at least 5 seeds"
        elif d.level:
            text = (
                f"{d.a} and {d.b} are level {how}: {figures}, "
                f"difference {d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}] over {seeds} paired seeds."
            )
            doubt = f"level means that the whole interval lies within ±{margin:g}, the margin asked for"
        elif d.verdict is None:
            text = (
                f"Cannot tell {d.a} and {d.b} apart {how}: {figures}, "
                f"difference {d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}] over {seeds} paired seeds."
            )
            doubt = _what_would_tell(d, margin)
        else:
            text = (
                f"{d.verdict} is better {how}: {figures}, "
                f"difference {d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}] over {seeds} paired seeds."
            )
            doubt = "the interval is over seeds of this data; other data may differ"
        yield Claim(text, numbers, doubt, "answer")


def _ranking(
    heads: dict[str, HeadResult], wanted: list[Difference], title: str, how: str, seeds: int, margin: float
) -> Iterator[Claim]:
    """Many heads, each against the first, in one sentence, the best first."""
    if not wanted:
        return
    first, rule, metric = wanted[0].a, wanted[0].rule, wanted[0].metric
    base = heads[first].rules[rule][metric].value
    places: dict[str, list[Difference]] = {"better": [], "level": [], "worse": [], "cannot tell": []}
    numbers: dict[str, float | None] = {first: base}
    sign = -1 if FIGURES[metric].info.better == "lower" else 1
    for d in sorted(wanted, key=lambda d: sign * (d.value or 0.0)):
        numbers[d.b] = heads[d.b].rules[rule][metric].value
        place = "level" if d.level else {None: "cannot tell", d.b: "better"}.get(d.verdict, "worse")
        places[place].append(d)
    told = "; ".join(f"{place}: {', '.join(map(_ahead, found))}" for place, found in places.items() if found)
    best = [d.b for d in places["better"]]
    named = ", ".join(best[:3]) + (f" and {len(best) - 3} more" if len(best) > 3 else "")
    verb = "is" if len(best) == 1 else "are"
    start = (
        f"{named} {verb} better than {first}"
        if best
        else f"None of {len(wanted)} heads is shown to be better than {first}"
    )
    yield Claim(
        f"{start} {how}: over {seeds} paired seeds against its {title} of {base:.3f}, {told}.",
        numbers,
        f"level means that the whole interval lies within ±{margin:g}; of heads that are truly equal one "
        "in twenty looks different by chance, which p_holm in the table allows for",
        "answer",
    )


def _ahead(d: Difference) -> str:
    """The second head by how far its figure lies above the first's."""
    interval = "" if d.low is None or d.high is None else f" [{-d.high:+.3f}, {-d.low:+.3f}]"
    return f"{d.b} {-(d.value or 0.0):+.3f}{interval}"


def _what_would_tell(d: Difference, margin: float) -> str:
    told = []
    if d.seeds_to_decide is not None:
        told.append(f"about {d.seeds_to_decide} seeds would exclude zero if the difference stayed as it is")
    if d.seeds_for_margin is not None:
        told.append(f"about {d.seeds_for_margin} would narrow the interval to ±{margin:g}")
    return "; ".join(told) or "the interval spans zero: a difference of its size cannot be excluded either"


def _artefacts(task: Task, heads: dict[str, HeadResult]) -> Iterator[Claim]:
    """Label-wise accuracy beside strict accuracy, as commonly practised."""
    if task.kind in ("binary", "grouped"):
        return
    for name, head in heads.items():
        rule = head.rules["labelwise_tuned"]
        cells, strict = rule["labelwise_accuracy"].value, rule["strict_accuracy"].value
        base, none = rule["labelwise_baseline"].value, rule["no_label_rate"].value
        several, best = rule["several_labels_rate"].value, head.rules["argmax"]["strict_accuracy"].value
        if head.link != "sigmoid" or None in (cells, strict, base, none, several, best):
            continue
        if len(heads) > EVERY_PAIR and name != "sigmoid":
            continue  # the same story from every head of independent labels
        numbers = {"labelwise": cells, "strict": strict, "baseline": base, "no_label": none, "several": several}
        if task.exclusive:
            text = (
                f"{name} looks like {cells:.3f} when judged label by label at its tuned threshold, but a model that "
                f"predicts nothing scores {base:.3f} that way. Of whole rows {strict:.3f} are right: {none:.1%} get no "
                f"label and {several:.1%} several. Its argmax is right in {best:.3f}."
            )
            numbers["argmax"] = best
        else:
            text = (
                f"{name}: label-wise accuracy {cells:.3f} (predicting nothing: {base:.3f}), yet only {strict:.3f} of "
                f"the rows are right as a whole at that threshold; {none:.1%} get no label."
            )
        yield Claim(text, numbers, level="answer" if task.exclusive else "evidence")


def _confidence(heads: dict[str, HeadResult]) -> Iterator[Claim]:
    told = {}
    for name, head in heads.items():
        figures = head.rules[head.rule]
        sure, ece = figures["overconfident_mistakes"].value, figures["ece"].value
        if sure is not None and ece is not None:
            told[name] = sure, ece
    if len(told) > EVERY_PAIR:
        low, high = (pick(told, key=lambda name: told[name][1]) for pick in (min, max))
        yield Claim(
            f"Calibration error from {told[low][1]:.3f} ({low}) to {told[high][1]:.3f} ({high}).",
            {low: told[low][1], high: told[high][1]},
        )
        return
    for name, (sure, ece) in told.items():
        head = heads[name]
        yield Claim(
            f"{name}: {sure:.0%} of its mistakes (rule {head.rule}) are made with more than 70% confidence; "
            f"calibration error {ece:.3f}.",
            {"overconfident_mistakes": sure, "ece": ece},
        )


def _unknown(heads: dict[str, HeadResult]) -> Iterator[Claim]:
    for name, head in heads.items():
        if not head.ood:
            continue
        answered, sure = head.ood["answer_rate_half"].value, head.ood["above_90"].value
        told = {k: v for k, v in head.ood.items() if k.endswith("auroc") and v.value is not None}
        best = max(told, key=lambda k: told[k].value or 0.0)
        start = "" if answered is None else f"{answered:.0%} of inputs of no known class still get a label at 0.5, "
        yield Claim(
            f"{name}: {start}{sure:.0%} of them get one with more than 90%; known and unknown are told apart best by "
            f"{best.removesuffix('_auroc').replace('_', ' ')} (AUROC {told[best].value:.3f}).",
            {"answer_rate_half": answered, "above_90": sure, best: told[best].value},
        )


def _cautions(task: Task, heads: dict[str, HeadResult], seeds: int) -> Iterator[Claim]:
    edges = {name: head.at_edge for name, head in heads.items() if head.at_edge}
    if len(edges) > EVERY_PAIR:
        yield Claim(
            f"{', '.join(edges)}: half or more of the seeds chose an end of the grid of learning rates; a wider grid "
            "may do better, so these heads may be undertuned.",
            level="caution",
        )
    else:
        yield from (Claim(f"{name}: {edge}", level="caution") for name, edge in edges.items())
    for name, head in heads.items():
        if not head.initial_loss.agrees:
            start = head.initial_loss
            yield Claim(
                f"{name}: the loss before the first step is {start.seen:.4f}, the head's formula says "
                f"{start.expected:.4f} ({start.formula}).",
                {"seen": start.seen, "expected": start.expected},
                level="caution",
            )
        lost = sum(point.diverged for point in head.rates)
        if lost:
            yield Claim(
                f"{name}: {lost} of {len(head.rates) * seeds} trials diverged (no finite loss) and were left out.",
                {"diverged": lost},
                level="caution",
            )
    if seeds == 1:
        yield Claim("One seed: no interval can be given, and nothing said about which head is better.", level="caution")
    for trap in task.traps:
        yield Claim(f"Labels: {trap.text}", level="caution")
