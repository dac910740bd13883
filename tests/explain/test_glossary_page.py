"""The glossary as a page of the docs and as a list."""

import re
from pathlib import Path

from labelwise.explain import GLOSSARY
from labelwise.explain.glossary_page import glossary_markdown, listed_terms

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"


def test_the_page_of_the_docs_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == glossary_markdown(), (
        "python -m labelwise.explain.glossary_page docs/reference/glossary.md"
    )


def test_every_link_of_the_page_has_its_anchor_and_anchors_are_distinct():
    page = glossary_markdown()
    anchors = re.findall(r'<a id="([^"]*)"></a>', page)
    assert len(anchors) == len(set(anchors)) == len(GLOSSARY)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= set(anchors)


def test_no_text_of_the_page_is_taken_for_markup():
    outside = re.sub(r"```text.*?```|`[^`\n]*`", "", glossary_markdown(), flags=re.S)
    outside = re.sub(r"\*\*[a-z ]+\*\*", "", outside)
    assert not re.search(r"(?<![\\])[*_]", outside)
    assert "<" not in re.sub(r'<a id="[^"]*"></a>|\\<', "", outside)


def test_the_list_holds_every_term():
    text = listed_terms().replace("\n  ", " ")
    assert all(name in text for name in GLOSSARY)
