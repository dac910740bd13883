"""One entry: its text, sections and plain form."""

from labelwise.explain.entry import Entry

FULL = Entry(
    "a term", "scores", "what it is", "a <b", "More of it.", "now", "never", "Someone 1900", ("other",), ("alias",)
)


def test_empty_parts_are_left_out_of_text_and_none_in_plain_form():
    bare = Entry("a term", "scores", "what it is")
    assert str(bare) == "a term\n\nWhat it is."
    told = bare.to_dict()
    assert (told["formula"], told["when"], told["see"], told["facts"]) == (None, None, [], {})


def test_all_parts_are_shown():
    text = str(FULL)
    for part in (
        "    a <b",
        "What it is. More of it.",
        "when         now",
        "when not     never",
        "source       Someone",
    ):
        assert part in text


def test_html_is_escaped():
    assert "a &lt;b" in FULL._repr_html_()
    assert "a <b" not in FULL._repr_html_()
