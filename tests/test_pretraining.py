"""textmatch.training.pretraining: whole words are masked and predicted, and training can start from the result."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from textmatch import checkpoint
from textmatch.batching import Sentences, collate
from textmatch.config import PRESETS, ModelConfig, TrainConfig
from textmatch.models import InteractionLSTM
from textmatch.text import PAD, Vocabulary
from textmatch.training.pretraining import MaskedLM, keep_frequent, main, mask_words, pretrain

SENTENCES = ["明天早上会不会下雨", "周末一起去公园放风筝", "怎么把手机里的照片传到电脑上", "水煮鸡蛋要煮多长时间"]
CONFIG = ModelConfig(character_dim=16, word_dim=8, hidden_size=16, embedding_dim=8, dropout=0.0)
VOCABULARY = Vocabulary.build(SENTENCES, 1, 1)


def network() -> InteractionLSTM:
    set_seed(3)
    return InteractionLSTM(CONFIG, VOCABULARY.num_characters, len(VOCABULARY.words))


def batch() -> Sentences:
    return collate([VOCABULARY.encode(sentence, 64) for sentence in SENTENCES])


def test_whole_words_are_masked_and_never_padding() -> None:
    torch.manual_seed(0)
    sentences = batch()
    seen = torch.zeros_like(sentences.words, dtype=torch.bool)
    for _ in range(200):
        masked = mask_words(sentences, 0.3)
        seen |= masked
        same_word = sentences.words[:, 1:] == sentences.words[:, :-1]
        assert (masked[:, 1:] == masked[:, :-1])[same_word & (sentences.words[:, 1:] != PAD)].all()
    assert torch.equal(seen, sentences.words != PAD)
    assert not mask_words(sentences, 0.0).any()


def test_masked_positions_do_not_reach_the_network() -> None:
    model, sentences = MaskedLM(network()).eval(), batch()
    masked = torch.zeros_like(sentences.words, dtype=torch.bool)
    masked[:, :2] = True
    seen: list[torch.Tensor] = []
    model.network.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(sentences, masked)
    changed = sentences._replace(characters=sentences.characters.clone(), words=sentences.words.clone())
    changed.characters[:, :2], changed.words[:, :2] = 5, 5
    model(changed, masked)
    torch.testing.assert_close(seen[0], seen[1])


@pytest.mark.slow
def test_masked_words_are_learned() -> None:
    encoded = [VOCABULARY.encode(sentence, 64) for sentence in SENTENCES]
    losses = pretrain(network(), encoded, 200, Accelerator(cpu=True))
    assert sum(losses[-20:]) < 0.75 * sum(losses[:20])


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
    monkeypatch.setitem(PRESETS, "default", (CONFIG, replace(TrainConfig(), min_characters=1, min_words=1)))
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
