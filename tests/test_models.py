"""textmatch.models: torch's LSTM gives the same, padding is never read, and order makes no difference."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textmatch.batching import Pairs, Sentences
from textmatch.config import PRESETS, ModelConfig
from textmatch.knowledge.sounds import NUM_SOUNDS
from textmatch.matches import NUM_MATCHES
from textmatch.models import (
    Calibration,
    CharacterOverlap,
    InteractionLSTM,
    LSTMEncoder,
    MatchOutput,
    Network,
    TextMatchingLSTM,
    build,
    cross_attend,
    token_dropout,
)
from textmatch.text import PAD, UNK
from textmatch.training.device import supports_bf16

ROWS = 30
TINY = ModelConfig(character_dim=6, word_dim=5, hidden_size=7, embedding_dim=4)
CONFIGS = [
    TINY,
    replace(TINY, num_layers=2),
    replace(TINY, bidirectional=False, unit="word"),
    replace(TINY, labels=("蕴含", "中立", "矛盾")),
    replace(TINY, labels=("蕴含", "中立", "矛盾"), symmetric=False),
    replace(TINY, arch="bilstm"),
    replace(TINY, sounds=False, knowledge=False, graded=False),
    replace(TINY, arch="overlap"),
    replace(TINY, arch="siamese", unit="word", bidirectional=False),
    replace(TINY, arch="siamese", num_layers=2),
    replace(TINY, arch="siamese", unit="word", labels=("蕴含", "中立", "矛盾")),
]
EVERY_CONFIG = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.arch}-{c.unit}-{c.num_layers}")
NETWORKS = {
    "interaction": InteractionLSTM,
    "bilstm": InteractionLSTM,
    "siamese": TextMatchingLSTM,
    "overlap": CharacterOverlap,
}


def network(config: ModelConfig) -> Network:
    """In evaluation mode, with weights large enough for different sentences to get clearly different outputs."""
    torch.manual_seed(7)
    model = build(config, ROWS, ROWS).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


def sentences(lengths: list[int], seed: int = 1) -> Sentences:
    """Random real ids, padding after them."""
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths))
    real = torch.arange(shape[1]) < torch.tensor(lengths)[:, None]
    characters, words = (torch.randint(UNK, ROWS, shape, generator=generator) * real for _ in range(2))
    sounds = torch.randint(NUM_SOUNDS, shape, generator=generator) * real
    return Sentences(characters, words, sounds, torch.tensor(lengths))


def pairs(lengths: list[int], seed: int = 1) -> Pairs:
    """Random pairs with random matches."""
    batch = sentences(lengths, seed)
    matches = torch.rand(*batch.characters.shape, NUM_MATCHES, generator=torch.Generator().manual_seed(seed)) < 0.3
    return Pairs(batch, matches & (batch.characters != PAD)[..., None])


def wider(batch: Sentences, columns: int) -> Sentences:
    """The same sentences with more padding."""
    characters, words, sounds = (nn.functional.pad(ids, (0, columns), value=PAD) for ids in batch[:3])
    return Sentences(characters, words, sounds, batch.lengths)


def wider_pairs(batch: Pairs, columns: int) -> Pairs:
    """The same pairs with more padding."""
    return Pairs(wider(batch.sentences, columns), nn.functional.pad(batch.matches, (0, 0, 0, columns)))


def pairs_of(batch: Pairs, chosen: list[int]) -> Pairs:
    """Some pairs of a batch, padded no more than they need."""
    lengths = batch.sentences.lengths
    rows = torch.tensor([*chosen, *(i + len(lengths) // 2 for i in chosen)])
    longest = int(lengths[rows].max())
    characters, words, sounds = (ids[rows, :longest] for ids in batch.sentences[:3])
    return Pairs(Sentences(characters, words, sounds, lengths[rows]), batch.matches[rows, :longest])


def swapped(batch: Pairs) -> Pairs:
    turned = Sentences(*(tensor.roll(len(tensor) // 2, 0) for tensor in batch.sentences))
    return Pairs(turned, batch.matches.roll(len(batch.matches) // 2, 0))


def of_pairs(output: MatchOutput) -> tuple[Tensor, ...]:
    """The outputs with a row for each pair; the embeddings have one for each sentence."""
    graded = () if output.grade is None else (output.grade,)
    return output.logits, output.similarity_logits, output.similarity, *graded


def close(one: Tensor, other: Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


# The encoder


def reference(encoder: LSTMEncoder, sizes: tuple[int, int, int, bool]) -> nn.LSTM:
    """torch's LSTM with the encoder's weights."""
    input_size, hidden, layers, both = sizes
    lstm = nn.LSTM(input_size, hidden, layers, batch_first=True, bidirectional=both)
    weights: dict[str, Tensor] = {}
    for suffix, direction in (("", encoder.forward_lstm), ("_reverse", encoder.backward_lstm)):
        for layer, part in enumerate(direction):
            weights |= {f"{name.removesuffix('_l0')}_l{layer}{suffix}": w for name, w in part.state_dict().items()}
    lstm.load_state_dict(weights)
    return lstm


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
@torch.no_grad()
def test_the_encoder_is_torchs_lstm_on_packed_sentences(layers: int, both: bool) -> None:
    torch.manual_seed(3)
    sizes = (5, 4, layers, both)
    encoder = LSTMEncoder(*sizes)
    lengths = torch.tensor([6, 1, 3, 5, 6, 2])
    inputs = torch.randn(6, 9, 5)
    inputs[torch.arange(9) >= lengths[:, None]] = 99.0  # would show if padding were read

    states = encoder(inputs, lengths)
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    packed_states, (final, _) = reference(encoder, sizes)(packed)
    expected, _ = pad_packed_sequence(packed_states, batch_first=True)

    assert states.shape == (6, 9, encoder.output_size)
    assert encoder.output_size == expected.shape[2]
    for row, length in enumerate(lengths):
        close(states[row, :length], expected[row, :length])
    directions = 2 if both else 1
    close(encoder.last(states, lengths), torch.cat(list(final[-directions:]), -1))


@torch.no_grad()
def test_the_last_state_is_the_last_real_one_and_not_the_last_position() -> None:
    torch.manual_seed(3)
    encoder = LSTMEncoder(3, 4, bidirectional=False)
    inputs = torch.randn(1, 8, 3)
    states = encoder(inputs, torch.tensor([5]))
    last = encoder.last(states, torch.tensor([5]))
    close(last[0], states[0, 4])
    assert not torch.allclose(last[0], states[0, 7], atol=1e-3)


# Both networks


@EVERY_CONFIG
@torch.no_grad()
def test_outputs_have_the_promised_shapes_and_types(config: ModelConfig) -> None:
    model, classes = network(config), len(config.labels)
    batch = pairs([3, 5, 1, 4, 2, 6])
    output = model(batch)
    assert isinstance(model, NETWORKS[config.arch])
    assert output.logits.shape == output.similarity_logits.shape == (3, classes)
    assert output.similarity.shape == (3,)
    assert {tensor.dtype for tensor in output if tensor is not None} == {torch.float32}
    assert (output.grade is not None) == (config.graded and isinstance(model, InteractionLSTM))
    assert output.similarity.abs().max() <= 1 + 1e-6
    assert model.embed(batch.sentences).shape == (6, model.embedding_dim)


@EVERY_CONFIG
@torch.no_grad()
def test_a_pair_scores_the_same_alone_in_any_batch_and_at_any_padded_length(config: ModelConfig) -> None:
    model = network(config)
    batch = pairs([3, 9, 1, 4, 2, 6, 2, 12])
    whole_batch = model(batch)
    together = of_pairs(whole_batch)
    assert whole_batch.logits.std(0).min() > 1e-3  # otherwise this test could not fail
    for i in range(4):
        alone = pairs_of(batch, [i])
        for padded in (alone, wider_pairs(alone, 1), wider_pairs(alone, 40)):
            for part, whole in zip(of_pairs(model(padded)), together, strict=True):
                close(part[0], whole[i])
    for part, whole in zip(of_pairs(model(pairs_of(batch, [2, 0]))), together, strict=True):
        close(part, whole[[2, 0]])


@EVERY_CONFIG
@torch.no_grad()
def test_an_embedding_is_the_same_alone_in_any_batch_and_at_any_padded_length(config: ModelConfig) -> None:
    model = network(config)
    batch = sentences([3, 9, 1, 4])
    together = model.embed(batch)
    for i, length in enumerate(batch.lengths):
        characters, words, sounds = (ids[i : i + 1, :length] for ids in batch[:3])
        alone = Sentences(characters, words, sounds, length[None])
        close(model.embed(alone)[0], together[i])
        close(model.embed(wider(alone, 7))[0], together[i])


@EVERY_CONFIG
@torch.no_grad()
def test_what_stands_at_padding_is_never_read(config: ModelConfig) -> None:
    model = network(config)
    batch = pairs([3, 9, 1, 4, 2, 6])
    before, embedded = model(batch), model.embed(batch.sentences)
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.weight[PAD] = 50.0
    for old, new in zip(of_pairs(before), of_pairs(model(batch)), strict=True):
        close(old, new)
    close(embedded, model.embed(batch.sentences))


@EVERY_CONFIG
@torch.no_grad()
def test_an_unknown_token_is_read_and_is_not_padding(config: ModelConfig) -> None:
    model = network(config)
    known = torch.tensor([[5, 6]])
    with_unknown = torch.tensor([[5, 6, UNK]])
    short = Sentences(known, known, known, torch.tensor([2]))
    longer = Sentences(with_unknown, with_unknown, with_unknown, torch.tensor([3]))
    assert not torch.allclose(model.embed(short), model.embed(longer), atol=1e-3)
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            assert module.weight[UNK].abs().min() > 0


@EVERY_CONFIG
@torch.no_grad()
def test_swapping_the_sentences_changes_nothing_unless_it_should(config: ModelConfig) -> None:
    model = network(config)
    batch = pairs([3, 9, 1, 4, 2, 6])
    if not config.symmetric:
        assert not torch.allclose(model(batch).logits, model(swapped(batch)).logits, atol=1e-3)
        return
    for one, other in zip(of_pairs(model(batch)), of_pairs(model(swapped(batch))), strict=True):
        close(one, other)


@EVERY_CONFIG
@torch.no_grad()
def test_similarity_is_the_cosine_of_the_embeddings(config: ModelConfig) -> None:
    model = network(config)
    batch = pairs([3, 9, 1, 4, 2, 6])
    first, second = model.embed(batch.sentences).chunk(2)
    cosine = (first * second).sum(-1) / (first.norm(dim=-1) * second.norm(dim=-1))
    close(model(batch).similarity, cosine)
    twice = Sentences(*(tensor[:3].repeat((2, 1) if tensor.dim() == 2 else (2,)) for tensor in batch.sentences))
    close(model(Pairs(twice, batch.matches)).similarity, torch.ones(3))


@EVERY_CONFIG
@torch.no_grad()
def test_outputs_under_bf16_autocast_are_float32_and_close(
    config: ModelConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not supports_bf16(torch.device("cpu")):  # then the LSTMs alone run in float32; all else is as under autocast
        monkeypatch.setattr(nn.LSTM, "forward", float32_lstm)
    model, batch = network(config), pairs([3, 9, 1, 4, 2, 6])
    with torch.autocast("cpu", torch.bfloat16):
        output = model(batch)
    for part, whole in zip(of_pairs(output), of_pairs(model(batch)), strict=True):
        assert torch.isfinite(part).all()
        assert part.dtype == torch.float32
        torch.testing.assert_close(part, whole, rtol=0.2, atol=0.2)


LSTM_FORWARD = nn.LSTM.forward


def float32_lstm(lstm: nn.LSTM, inputs: Tensor) -> tuple[Tensor, Any]:
    """What `nn.LSTM` returns under autocast, computed in float32."""
    autocast = torch.is_autocast_enabled("cpu")
    with torch.autocast("cpu", enabled=False):
        states, last = LSTM_FORWARD(lstm, inputs.float())
    return (states.bfloat16() if autocast else states), last


@EVERY_CONFIG
def test_padding_rows_start_at_zero_and_stay_there_in_training(config: ModelConfig) -> None:
    torch.manual_seed(1)
    model = build(config, ROWS, ROWS).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for seed in range(3):
        output = model(pairs([3, 9, 1, 4], seed))
        loss = nn.functional.cross_entropy(output.logits, torch.tensor([0, 1])) + output.similarity.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    embeddings = [module.weight for module in model.modules() if isinstance(module, nn.Embedding)]
    assert embeddings or config.arch == "overlap"
    for weight in embeddings:
        assert weight[PAD].abs().max() == 0
        assert weight.grad is not None
        assert weight.grad.abs().sum() > 0


@EVERY_CONFIG
def test_every_weight_learns(config: ModelConfig) -> None:
    torch.manual_seed(1)
    model = build(config, ROWS, ROWS).train()
    output = model(pairs([3, 9, 2, 4, 5, 8]))
    labels = torch.tensor([0, 1, len(config.labels) - 1])
    losses = [nn.functional.cross_entropy(logits, labels) for logits in (output.logits, output.similarity_logits)]
    losses += [] if output.grade is None else [output.grade.sum()]
    torch.stack(losses).sum().backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or p.grad.abs().sum() == 0]
    assert idle == []


@torch.no_grad()
def test_overlap_counts_each_character_once() -> None:
    model = build(replace(TINY, arch="overlap"), ROWS, ROWS)
    ids = torch.tensor([[5, 5, 6], [6, 7, 7]])
    batch = Pairs(Sentences(ids, ids, ids, torch.tensor([3, 3])), torch.zeros(2, 3, NUM_MATCHES, dtype=torch.bool))
    assert model(batch).similarity.item() == pytest.approx(0.5)


# The recipe


@torch.no_grad()
def test_the_recipe_is_last_real_state_then_cosine_then_linear() -> None:
    config = replace(TINY, arch="siamese", unit="word", bidirectional=False)
    model = network(config)
    assert isinstance(model, TextMatchingLSTM)
    batch = pairs([3, 5, 2, 4])
    lstm = nn.LSTM(config.word_dim, config.hidden_size, batch_first=True)
    lstm.load_state_dict(model.lstm.forward_lstm[0].state_dict())
    ends = [
        lstm(model.embedding(ids[None, :n]))[1][0][0, 0]
        for ids, n in zip(batch.sentences.characters, batch.sentences.lengths, strict=True)
    ]
    for i in range(2):
        cosine = torch.cosine_similarity(ends[i], ends[i + 2], dim=0)
        close(model(batch).logits[i], model.classifier.weight[:, 0] * cosine + model.classifier.bias)
    close(model(batch).logits, model(batch).similarity_logits)


# Attention, calibration, token dropout


@torch.no_grad()
def test_each_position_attends_to_the_real_positions_of_the_other_sentence_alone() -> None:
    torch.manual_seed(2)
    lengths = torch.tensor([2, 4, 3, 1])
    states = torch.randn(4, 5, 3)
    attended = cross_attend(states, lengths)
    for row, other in ((0, 2), (1, 3), (2, 0), (3, 1)):
        real = states[other, : lengths[other]]
        for position in range(int(lengths[row])):
            weights = [math.exp(float(states[row, position] @ state)) for state in real]
            expected = sum(w * state for w, state in zip(weights, real, strict=True)) / sum(weights)
            close(attended[row, position], torch.as_tensor(expected))


def test_calibration_divides_by_the_temperature_then_adds_the_bias() -> None:
    calibration = Calibration(2)
    close(calibration(torch.tensor([[0.0, math.log(3)]])), torch.tensor([[0.25, 0.75]]))
    calibration.temperature.fill_(2.0)
    calibration.bias.copy_(torch.tensor([math.log(5), 0.0]))
    close(calibration(torch.tensor([[0.0, 2 * math.log(3)]])), torch.tensor([[5 / 8, 3 / 8]]))
    assert not list(calibration.parameters())
    assert set(calibration.state_dict()) == {"temperature", "bias"}


def test_token_dropout_shows_whole_types_as_unknown_and_leaves_the_rest_alone() -> None:
    torch.manual_seed(0)
    batch = pairs([40, 3, 17, 25])
    before = [tensor.clone() for tensor in (*batch.sentences, batch.matches)]
    unknown = range(ROWS, ROWS + 4)
    dropped = token_dropout(batch, 0.5, ROWS, unknown)
    assert all(torch.equal(old, now) for old, now in zip(before, (*batch.sentences, batch.matches), strict=True))
    assert torch.equal(dropped.sentences.lengths, batch.sentences.lengths)
    assert torch.equal(dropped.matches, batch.matches)
    ids, shown = batch.sentences.characters, dropped.sentences.characters
    hidden = set(ids[ids != shown].tolist())
    assert 5 < len(hidden) < ROWS - 5
    assert PAD not in hidden
    for character in hidden:  # every occurrence, in both sentences, and always as the same unknown character
        assert len(shown[ids == character].unique()) == 1
        assert int(shown[ids == character][0]) in unknown
    words, shown_words = batch.sentences.words, dropped.sentences.words
    assert (shown_words[words != shown_words] == UNK).all()
    assert not torch.equal(ids != shown, words != shown_words)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_token_dropout_of_none_or_all(share: float) -> None:
    batch = pairs([5, 3])
    shown = token_dropout(batch, share, ROWS, range(UNK, UNK + 1)).sentences.characters
    real = batch.sentences.characters != PAD
    assert torch.equal(shown, real * UNK if share else batch.sentences.characters)


@pytest.mark.parametrize("seed", range(8))
def test_a_higher_cosine_speaks_for_the_last_class_from_the_start(seed: int) -> None:
    torch.manual_seed(seed)
    weight = TextMatchingLSTM(PRESETS["siamese"][0], 10, 10).classifier.weight
    assert weight[1, 0] > weight[0, 0]
