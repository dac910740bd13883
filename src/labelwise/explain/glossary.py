"""GLOSSARY: every term once, by name.

A text stands in one place. What a link, a head, a decision rule or a metric says of itself is taken from its own table;
the notes in `terms/` add what those tables do not hold: formulas, when to use them, other names. A newcomer to one of
the tables is in the glossary at once, a newcomer to the notes is a row there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import fields, replace

from labelwise.decisions import DECISION_RULES
from labelwise.errors import OptionError
from labelwise.explain.entry import Entry
from labelwise.explain.terms import NOTES, THEMES
from labelwise.heads import BIASES, HEADS, Head
from labelwise.metrics import METRICS
from labelwise.scores import LINKS

__all__ = ["GLOSSARY", "THEMES", "definition", "explain_term"]


def explain_term(name: str) -> Entry:
    """The entry of a term, by its name or any other name it goes by.

    Args:
        name: upper and lower case, spaces, hyphens and underscores count as the same.

    Raises:
        OptionError: for an unknown term, with the closest ones.

    Example:
        >>> explain_term("Hamming loss").name
        'label-wise accuracy'
    """
    key = _key(name)
    if key not in _INDEX:
        # `choose` would list several hundred names
        close = dict.fromkeys(_INDEX[near] for near in difflib.get_close_matches(key, _INDEX, n=3))
        nearest = f"{' or '.join(close)} (closest); " if close else ""
        raise OptionError(
            f"term {name!r}", "no such term in the glossary", f"{nearest}`labelwise explain` alone lists all terms"
        )
    return GLOSSARY[_INDEX[key]]


def definition(term: str) -> str | None:
    """What a term means, as a phrase for a margin or a tooltip; None where it is not in the glossary.

    Example:
        >>> definition("argmax")
        'the most probable label, whatever its probability: always exactly one'
    """
    found = _INDEX.get(_key(term))
    return None if found is None else GLOSSARY[found].text


# ------------------------------------------------------------------ from the product's own tables


def _drawn() -> Iterator[Entry]:
    for link in LINKS.values():
        yield Entry(link.name, "scores", link.text)
    for head in HEADS.values():
        yield _of_head(head)
    for rule in DECISION_RULES.values():
        yield Entry(rule.name, "decisions", rule.text, aliases=(rule.title,))


def _of_head(head: Head) -> Entry:
    rules = {rule: [task for task, own in head.rules.items() if own == rule] for rule in head.rules.values()}
    settings = {"reduction": " or ".join(head.reductions), "bias": " or ".join(BIASES)}
    settings |= {s.name: f"{s.range}; {s.text}" for s in head.settings}
    taken = {*LINKS, *METRICS, *(alias for note in NOTES for alias in note.aliases)}
    return Entry(
        head.title,
        "heads",
        f"the head {head.name}: {head.space.text}",
        head.formula,
        when=head.when,
        when_not=head.when_not,
        source=head.source,
        see=(head.link,) if head.link in LINKS else (),
        aliases=(*([] if head.name in taken else [head.name]), f"{head.name} head", head.loss_name),
        elsewhere=head.elsewhere,
        facts={
            "link": head.link,
            "loss": head.loss_name,
            **settings,
            "rule": "; ".join(f"{rule} for {', '.join(tasks)}" for rule, tasks in rules.items()),
        },
    )


def _with_metrics(entry: Entry) -> Entry:
    """The entry with what the table of metrics says of its rows."""
    specs = [METRICS[row] for row in entry.rows]
    facts = {s.name: f"{s.title}; {_read(s.better)}; for {', '.join(s.tasks)}; interval: {s.interval}" for s in specs}
    sources = dict.fromkeys(filter(None, [entry.source, *(s.source for s in specs)]))
    return replace(
        entry, facts={**entry.facts, **facts}, source="; ".join(sources), aliases=(*entry.rows, *entry.aliases)
    )


def _read(better: str) -> str:
    return "a fact, neither good nor bad" if better == "neither" else f"{better} is better"


# ------------------------------------------------------------------ one table


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip()).casefold()


def _assembled() -> dict[str, Entry]:
    drawn = {entry.name: entry for entry in _drawn()}
    told = {note.name: _with_metrics(_merged(drawn.get(note.name), note)) for note in NOTES}
    together = [_without_echo(entry) for entry in {**drawn, **told}.values()]
    return {entry.name: entry for theme in THEMES for entry in together if entry.theme == theme}


def _without_echo(entry: Entry) -> Entry:
    """The entry without aliases that are its own name in another spelling."""
    aliases = {_key(alias): alias for alias in reversed(entry.aliases) if _key(alias) != _key(entry.name)}
    return replace(entry, aliases=tuple(reversed(aliases.values())))


def _merged(entry: Entry | None, note: Entry) -> Entry:
    """A drawn entry with the note's words where it has none of its own; names of both."""
    if entry is None:
        return note
    held = {f.name: getattr(entry, f.name) or getattr(note, f.name) for f in fields(Entry)}
    held["see"] = tuple(dict.fromkeys((*entry.see, *note.see)))
    held["aliases"] = tuple(dict.fromkeys((*entry.aliases, *note.aliases)))
    return Entry(**held)


def _indexed(glossary: dict[str, Entry]) -> dict[str, str]:
    """Every name in its plain form -> the entry; names before aliases, aliases before names in other libraries."""
    index = {_key(name): name for name in glossary}
    for names_of in (lambda entry: entry.aliases, _names_elsewhere):
        for entry in glossary.values():
            for name in names_of(entry):
                index.setdefault(_key(name), entry.name)
    return index


def _names_elsewhere(entry: Entry) -> Iterator[str]:
    """The functions and classes of other libraries: in full, and by their last name."""
    for text in entry.elsewhere.values():
        name = re.match(r"[A-Za-z_][\w.]*", text)
        if name is not None:
            yield name[0]
            yield name[0].rpartition(".")[2]


GLOSSARY: dict[str, Entry] = _assembled()
"""Name -> entry, theme by theme."""

_INDEX = _indexed(GLOSSARY)
