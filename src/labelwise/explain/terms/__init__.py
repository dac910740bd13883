"""The notes of the glossary, theme by theme."""

from labelwise.explain.terms import answers, comparing, decisions, heads, ordinal, probabilities, ranking, scores

__all__ = ["NOTES", "THEMES"]

THEMES = {
    "scores": "scores and links",
    "tasks": "tasks and labels",
    "heads": "heads and losses",
    "training": "training",
    "decisions": "decisions and caveats",
    "answers": "metrics of the answers",
    "probabilities": "metrics of the probabilities, calibration",
    "ranking": "ranking, abstention, unknown inputs",
    "comparing": "comparing: switches, shares, tests",
}
"""Key -> title, in the order of the page."""

NOTES = (
    *scores.NOTES,
    *heads.NOTES,
    *ordinal.NOTES,
    *decisions.NOTES,
    *answers.NOTES,
    *probabilities.NOTES,
    *ranking.NOTES,
    *comparing.NOTES,
)
