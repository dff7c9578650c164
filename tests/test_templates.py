"""textmatch.training.templates: pairs about who does what to whom, labelled right, mixed and repeatable."""

import pytest

from textmatch.knowledge.wordlists import read_by_kind, read_groups
from textmatch.training.templates import load_templates, template_pairs


def test_every_template_has_two_paraphrases_with_both_participants_in_each() -> None:
    templates = load_templates()
    assert len(templates) > 100
    for template in templates:
        assert len(template.paraphrases) >= 2, template
        for sentence in template.paraphrases:
            assert (sentence.count("A"), sentence.count("B")) == (1, 1), sentence


def test_participants_are_distinct_and_many() -> None:
    for kind, words in read_by_kind("participants"):
        assert len(words.split()) == len(set(words.split())) >= 10, kind


@pytest.mark.parametrize("name", ["antonyms", "synonyms", "negations"])
def test_a_group_holds_different_words(name: str) -> None:
    for group in read_groups(name):
        assert len(group) == len(set(group)) >= 2, group


def test_pairs_are_half_matching_distinct_and_the_same_for_the_same_seed() -> None:
    pairs = template_pairs(4000, 1)
    assert len(set(pairs)) == len(pairs) > 3900
    assert 0.4 < sum(pair.label == "1" for pair in pairs) / len(pairs) < 0.6
    assert pairs == template_pairs(4000, 1) != template_pairs(4000, 2)
    assert template_pairs(0, 1) == []


@pytest.mark.slow
def test_exchanging_the_participants_changes_the_meaning_except_in_symmetric_templates() -> None:
    labels = {(pair.sentence1, pair.sentence2): pair.label for pair in template_pairs(30_000, 3)}
    exchanged = {key: label for key, label in labels.items() if key[0] != key[1] and sorted(key[0]) == sorted(key[1])}
    assert {label for (one, _), label in exchanged.items() if "打败了" in one} == {"0"}
    assert {label for (one, _), label in exchanged.items() if "哪个好养" in one} == {"1"}
