"""textmatch.pretraining: whole words are hidden, filling them in is learned, and training can start from it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from textmatch import checkpoint, pretraining
from textmatch.batching import Sentences, stack
from textmatch.config import RECIPES, ModelConfig, TrainConfig
from textmatch.models import InteractionLSTM
from textmatch.pretraining import WordFiller, hide_words, keep_frequent, main, pretrain
from textmatch.text import PAD, Vocabulary

SENTENCES = ["明天早上会不会下雨", "周末一起去公园放风筝", "怎么把手机里的照片传到电脑上", "水煮鸡蛋要煮多长时间"]
CONFIG = ModelConfig(character_dim=16, word_dim=8, hidden_size=16, embedding_dim=8, dropout=0.0)
VOCABULARY = Vocabulary.build(SENTENCES, 1, 1)


def network() -> InteractionLSTM:
    set_seed(3)
    return InteractionLSTM(CONFIG, len(VOCABULARY.characters), len(VOCABULARY.words))


def batch() -> Sentences:
    return stack([VOCABULARY.encode(sentence, 64) for sentence in SENTENCES])


def test_whole_words_are_hidden_and_never_padding() -> None:
    torch.manual_seed(0)
    sentences = batch()
    seen = torch.zeros_like(sentences.words, dtype=torch.bool)
    for _ in range(200):
        hidden = hide_words(sentences, 0.3)
        seen |= hidden
        same_word = sentences.words[:, 1:] == sentences.words[:, :-1]
        assert (hidden[:, 1:] == hidden[:, :-1])[same_word & (sentences.words[:, 1:] != PAD)].all()
    assert torch.equal(seen, sentences.words != PAD)
    assert not hide_words(sentences, 0.0).any()


def test_what_is_hidden_does_not_reach_the_network() -> None:
    filler, sentences = WordFiller(network()).eval(), batch()
    hidden = torch.zeros_like(sentences.words, dtype=torch.bool)
    hidden[:, :2] = True
    seen: list[torch.Tensor] = []
    filler.network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    filler(sentences, hidden)
    changed = sentences._replace(characters=sentences.characters.clone(), words=sentences.words.clone())
    changed.characters[:, :2], changed.words[:, :2] = 5, 5
    filler(changed, hidden)
    torch.testing.assert_close(seen[0], seen[1])


def test_filling_in_is_learned() -> None:
    encoded = [VOCABULARY.encode(sentence, 64) for sentence in SENTENCES]
    losses = pretrain(network(), encoded, 400, Accelerator(cpu=True))
    assert losses[-1] < losses[0] / 2


def test_the_most_frequent_words_are_kept_with_their_rows() -> None:
    one = network()
    rows = one.word_embedding.weight.detach().clone()
    kept = keep_frequent(one, VOCABULARY, 6)
    assert list(kept.words) == list(VOCABULARY.words)[:6]
    assert kept.characters == VOCABULARY.characters
    torch.testing.assert_close(one.word_embedding.weight, rows[:6])


def test_a_folder_for_training_to_start_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(RECIPES, "default", (CONFIG, replace(TrainConfig(), min_characters=1, min_words=1)))
    (tmp_path / "sentences.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    (tmp_path / "pairs.tsv").write_text("sentence1\tsentence2\n天冷了\t天气变冷了\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("sentences.txt", "pairs.tsv")]
    main([str(tmp_path / "words"), *files, "--epochs", "2", "--keep-words", "9"])
    loaded = checkpoint.load(tmp_path / "words", torch.device("cpu"))
    assert loaded.metrics["sentences"] == len(SENTENCES) + 2
    assert len(loaded.metrics["losses"]) == 2
    assert set(loaded.metrics["files"]) == {f"{tmp_path.name}/sentences.txt", f"{tmp_path.name}/pairs.tsv"}
    assert len(loaded.vocabulary.words) == 9
    assert "--keep-words" in json.loads((tmp_path / "words" / "metrics.json").read_text(encoding="utf-8"))["command"]
    assert "epoch 2/2" in capsys.readouterr().out
    assert pretraining.HIDDEN_SHARE < 0.5
