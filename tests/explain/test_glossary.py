"""The glossary: complete, consistent, every name leads to one entry."""

import json
from collections import Counter

import pytest

from labelwise.comparison.figures import FIGURES
from labelwise.comparison.switches import SWITCHES
from labelwise.decisions import DECISION_RULES, KINDS
from labelwise.errors import OptionError
from labelwise.explain import GLOSSARY, definition, explain_term
from labelwise.explain.glossary import THEMES, _key
from labelwise.heads import HEADS
from labelwise.metrics import METRICS
from labelwise.scores import LINKS


@pytest.mark.parametrize(
    "name",
    [*LINKS, *HEADS, *DECISION_RULES, *METRICS, *FIGURES, *SWITCHES, *KINDS[1:], "loss", "task", "caveat"],
)
def test_every_name_of_the_product_is_explained(name):
    entry = explain_term(name)
    assert entry.text
    assert definition(name) == entry.text


@pytest.mark.parametrize(
    "name, found",
    [
        ("bce", "sigmoid + binary cross-entropy"),
        ("CE", "softmax + cross-entropy"),
        ("cross entropy", "softmax + cross-entropy"),
        ("sigmoid head", "sigmoid + binary cross-entropy"),
        ("BCEWithLogitsLoss", "sigmoid + binary cross-entropy"),
        ("tf.nn.sigmoid_cross_entropy_with_logits", "sigmoid + binary cross-entropy"),
        ("SoftmaxWithLoss", "softmax + cross-entropy"),
        ("CrossEntropyLossFlat", "softmax + cross-entropy"),
        ("SparseCategoricalCrossentropy", "softmax + cross-entropy"),
        ("binary_accuracy", "label-wise accuracy"),
        ("logits", "logit"),
        ("accuracy", "strict accuracy"),
        ("Subset  Accuracy", "strict accuracy"),
        ("hamming", "label-wise accuracy"),
        ("temperature", "temperature scaling"),
        ("ece", "ECE"),
        ("f1-macro", "macro F1"),
        ("weighting", "pos_weight"),
        ("bias", "first bias"),
    ],
)
def test_other_names_lead_to_the_entry(name, found):
    assert explain_term(name).name == found


def test_no_name_leads_to_two_entries():
    names = Counter(_key(name) for entry in GLOSSARY.values() for name in (entry.name, *entry.aliases))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("entry", GLOSSARY.values(), ids=lambda entry: entry.name)
def test_entries_are_whole(entry):
    assert entry.theme in THEMES
    assert entry.text
    assert not entry.text.endswith(".")
    assert entry.text[0] == entry.text[0].lower() or entry.text[:2].isupper() or entry.text[:2] == "F1"
    assert all(name in GLOSSARY and name != entry.name for name in entry.see)
    assert entry.more == "" or entry.more.endswith(".")
    assert entry.name in str(entry)


def test_what_a_table_says_of_itself_is_taken_from_there():
    assert explain_term("argmax").text == DECISION_RULES["argmax"].text
    assert explain_term("softmax").text == LINKS["softmax"].text
    head = HEADS["sigmoid"]
    entry = explain_term("bce")
    assert (entry.formula, entry.when, entry.when_not, entry.source) == (
        head.formula,
        head.when,
        head.when_not,
        head.source,
    )
    assert dict(entry.elsewhere) == dict(head.elsewhere)


@pytest.mark.parametrize("spec", METRICS.values(), ids=lambda spec: spec.name)
def test_metrics_bring_title_and_source_along(spec):
    entry = explain_term(spec.name)
    assert spec.title in entry.facts[spec.name]
    assert spec.source in entry.source


def test_unknown_terms_name_the_closest_and_have_no_definition():
    with pytest.raises(OptionError, match=r"instead: temperature scaling .*\(closest\)"):
        explain_term("Temprature scaling")
    with pytest.raises(OptionError, match="instead: `labelwise explain` alone"):
        explain_term("xyzzy")
    assert definition("no such term") is None


def test_entries_are_plain_data_and_escaped_html():
    for entry in GLOSSARY.values():
        assert json.loads(json.dumps(entry.to_dict()))["name"] == entry.name
    html = explain_term("rank MAE")._repr_html_()
    assert html.startswith("<h4>rank MAE</h4>")
    assert "k&lt;K" in explain_term("RPS")._repr_html_()
