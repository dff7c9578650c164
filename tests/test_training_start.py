"""textmatch.training.start: a run goes on from a checkpoint that knew less."""

from dataclasses import replace
from pathlib import Path

import torch

from tests.tiny_matchers import TINY
from textmatch.checkpoint import Checkpoint, save
from textmatch.models import InteractionLSTM, build
from textmatch.text import Vocabulary
from textmatch.training.start import average_checkpoints, copy_weights, without_repeats

OLD, MORE = ["今天天气很好"], ["今天天气很好", "明天下雨"]


def test_what_the_start_did_not_know_begins_without_effect() -> None:
    torch.manual_seed(1)
    known = Vocabulary.build(OLD, 1, 1)
    old = Vocabulary(list(known.characters), list(known.words), num_unknown=0)
    config = replace(TINY, sounds=False, knowledge=False, graded=False)
    start = Checkpoint(config, old, build(config, old.num_characters, len(old.words)), {})
    vocabulary = old.renewed(Vocabulary.build(MORE, 1, 1), max_words=100)
    assert {"雨", "下"} <= vocabulary.characters.keys()
    target = build(TINY, vocabulary.num_characters, len(vocabulary.words))
    copy_weights(start, target, vocabulary)
    assert isinstance(target, InteractionLSTM)
    assert isinstance(start.model, InteractionLSTM)
    matches, before = target.exact_match_projection.weight, start.model.exact_match_projection.weight
    assert torch.equal(matches[:, : before.shape[1]], before)
    assert matches[:, before.shape[1] :].abs().max() == 0
    assert target.sound_embedding is not None
    assert target.sound_embedding.weight.abs().max() == 0
    for character, row in old.characters.items():
        place = vocabulary.characters[character]
        assert torch.equal(target.character_embedding.weight[place], start.model.character_embedding.weight[row])


def test_the_ids_of_unknown_characters_keep_their_weights_in_a_larger_vocabulary() -> None:
    torch.manual_seed(1)
    old = Vocabulary.build(OLD, 1, 1)
    start = Checkpoint(TINY, old, build(TINY, old.num_characters, len(old.words)), {})
    vocabulary = old.renewed(Vocabulary.build(MORE, 1, 1), max_words=100)
    target = build(TINY, vocabulary.num_characters, len(vocabulary.words))
    copy_weights(start, target, vocabulary)
    assert isinstance(target, InteractionLSTM)
    assert isinstance(start.model, InteractionLSTM)
    ours = target.character_embedding.weight[list(vocabulary.unknown_ids)]
    assert torch.equal(ours, start.model.character_embedding.weight[list(old.unknown_ids)])


def test_the_mean_of_two_vocabularies_has_that_of_the_first(tmp_path: Path) -> None:
    torch.manual_seed(1)
    vocabularies = [Vocabulary.build(sentences, 1, 1) for sentences in (MORE, OLD)]
    starts = [Checkpoint(TINY, each, build(TINY, each.num_characters, len(each.words)), {}) for each in vocabularies]
    for name, start in zip("ab", starts, strict=True):
        save(tmp_path / name, start, "")
    mean = average_checkpoints([tmp_path / "a", tmp_path / "b"])
    assert mean.vocabulary.to_dict() == vocabularies[0].to_dict()
    rows = [start.model.state_dict()["character_embedding.weight"].half().float() for start in starts]
    after = mean.model.state_dict()["character_embedding.weight"]
    for character, row in vocabularies[0].characters.items():
        other = vocabularies[1].characters.get(character)
        expected = rows[0][row] if other is None else (rows[0][row] + rows[1][other]) / 2
        torch.testing.assert_close(after[row], expected)


def test_what_a_mean_came_from_is_described_once() -> None:
    first = {"command": "train first", "history": [1, 2, 3]}
    second = {"command": "train second", "init": {"mean_of": [first, first]}}
    told = without_repeats({"mean_of": [second, first, second]}, set())
    assert told["mean_of"][0]["init"]["mean_of"] == [first, {"command": "train first"}]
    assert told["mean_of"][1:] == [{"command": "train first"}, {"command": "train second"}]
