"""The networks.

Letters in shapes: B pairs, S sentences (S = 2B), L positions, E embedding, H hidden units of all directions together,
D sentence embedding, C classes.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from textmatch.batching import Sentences
from textmatch.config import ModelConfig
from textmatch.text import PAD, UNK


class MatchOutput(NamedTuple):
    """What a network says of B pairs.

    Attributes:
        logits: `[B, C]`, float32; `Calibration` makes probabilities of them.
        similarity_logits: `[B, C]`, float32, from the cosine alone; trained beside `logits`.
        similarity: cosine of the two sentence embeddings, `[B]`, float32, -1 to 1.
        embeddings: of all first sentences, then all second ones, `[2B, D]`, float32.
    """

    logits: Tensor
    similarity_logits: Tensor
    similarity: Tensor
    embeddings: Tensor


class Calibration(nn.Module):
    """Turn logits into probabilities that mean what they say (Guo et al. 2017, section 4.2, with a bias per class).

    Args:
        num_classes: C.
    """

    temperature: Tensor
    bias: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("bias", torch.zeros(num_classes))

    def forward(self, logits: Tensor) -> Tensor:
        """Logits `[B, C]` to probabilities `[B, C]`, float32."""
        return torch.softmax(logits.float() / self.temperature + self.bias, dim=-1)


class LSTMEncoder(nn.Module):
    """An LSTM over padded sentences that never reads padding before a real position.

    Padding stands at the end, so the forward direction is safe. The backward direction gets each sentence reversed
    within its own length, which keeps one fast kernel call for all sentences where packing would need many.

    Args:
        input_size: E.
        hidden_size: units of each direction.
        num_layers: layers.
        bidirectional: whether there is a backward direction.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = True) -> None:
        super().__init__()
        self.output_size, self._hidden_size = hidden_size * (2 if bidirectional else 1), hidden_size
        sizes = [input_size] + [self.output_size] * (num_layers - 1)
        self.ahead = nn.ModuleList(nn.LSTM(size, hidden_size, batch_first=True) for size in sizes)
        self.back = nn.ModuleList(
            nn.LSTM(size, hidden_size, batch_first=True) for size in (sizes if bidirectional else [])
        )

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """The states `[S, L, H]` over `inputs` `[S, L, E]` with real `lengths` `[S]`."""
        positions = torch.arange(inputs.shape[1], device=inputs.device)
        reversed_positions = (lengths[:, None] - 1 - positions).clamp(min=0)
        states = inputs
        for i, ahead in enumerate(self.ahead):
            outputs = [ahead(states)[0]]
            if self.back:
                outputs.append(_reorder(self.back[i](_reorder(states, reversed_positions))[0], reversed_positions))
            states = torch.cat(outputs, dim=-1)
        return states

    def last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """The last real state of each direction side by side, `[S, H]`; backward ones end where sentences begin."""
        ahead, back = states.tensor_split([self._hidden_size], dim=-1)
        return torch.cat([ahead[torch.arange(len(states), device=states.device), lengths - 1], back[:, 0]], dim=-1)


class TextMatchingLSTM(nn.Module):
    """The recipe: shared LSTM, last real state of each sentence, cosine, linear classifier.

    Args:
        config: its sizes and classes.
        num_characters: rows of the character embedding, used where a position is a character.
        num_words: rows of the word embedding, used where a position is a word.
    """

    def __init__(self, config: ModelConfig, num_characters: int, num_words: int) -> None:
        super().__init__()
        rows = num_words if config.unit == "word" else num_characters
        self.embedding = nn.Embedding(rows, config.word_dim, padding_idx=PAD)
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = LSTMEncoder(config.word_dim, config.hidden_size, config.num_layers, config.bidirectional)
        self.embedding_dim = self.lstm.output_size
        self.similarity = nn.CosineSimilarity(dim=-1)
        self.classifier = nn.Linear(1, len(config.labels))
        # From a random start the line may fall the wrong way, closer meaning "not matched": training does not recover,
        # since two equal sentences cannot be told apart.
        with torch.no_grad():
            self.classifier.weight.copy_(self.classifier.weight.sort(dim=0).values)
        self.calibration = Calibration(len(config.labels))

    def embed(self, sentences: Sentences) -> Tensor:
        """Sentence embeddings `[S, H]`: the last real states."""
        states = self.lstm(self.dropout(self.embedding(sentences.characters)), sentences.lengths)
        return self.lstm.last(states, sentences.lengths)

    def forward(self, pairs: Sentences) -> MatchOutput:
        """Score B pairs, stacked as 2B sentences."""
        return _by_cosine(self.embed(pairs), self.similarity, self.classifier)


class InteractionLSTM(nn.Module):
    """Encode both sentences, let every position look at the other sentence, compare, read again, decide.

    After ESIM (Chen et al. 2017, sections 3.1 to 3.3), with characters and their covering words as input, the exact
    matches pointed out, a head that cannot tell the two sentences apart (unless it should: entailment has a direction),
    and the encoder's own sentence embedding trained beside it for the similarity. With ``arch="bilstm"`` the sentences
    do not meet: the head gets the encoder's states.

    Args:
        config: its sizes and classes.
        num_characters: rows of the character embedding.
        num_words: rows of the word embedding.
    """

    def __init__(self, config: ModelConfig, num_characters: int, num_words: int) -> None:
        super().__init__()
        classes, hidden = len(config.labels), config.hidden_size
        self.character_embedding = nn.Embedding(num_characters, config.character_dim, padding_idx=PAD)
        self.word_embedding = nn.Embedding(num_words, config.word_dim, padding_idx=PAD)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = LSTMEncoder(
            config.character_dim + config.word_dim, hidden, config.num_layers, config.bidirectional
        )
        width = self.encoder.output_size
        self.embedding_dim = config.embedding_dim
        self.sentence = nn.Linear(2 * width, config.embedding_dim)
        self.similarity = nn.CosineSimilarity(dim=-1)
        self.similarity_classifier = nn.Linear(1, classes)
        with torch.no_grad():  # Steep from the start, with the line where cosines of related sentences lie.
            self.similarity_classifier.weight[:, 0] = torch.linspace(-10, 10, classes)
            self.similarity_classifier.bias.copy_(torch.linspace(6, -6, classes))
        self.meets, self.symmetric = config.arch == "interaction", config.symmetric
        if self.meets:
            self.compare = nn.Linear(4 * width, hidden)
            self.found = nn.Linear(2, hidden, bias=False)
            self.composer = LSTMEncoder(hidden, hidden)
        pooled = 2 * (self.composer.output_size if self.meets else width)
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear((3 if config.symmetric else 4) * pooled, hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, classes),
        )
        self.calibration = Calibration(classes)

    def embed(self, sentences: Sentences) -> Tensor:
        """Sentence embeddings `[S, D]`."""
        embeddings: Tensor = self.sentence(_pool(self.encode(sentences), sentences.lengths))
        return embeddings

    def forward(self, pairs: Sentences) -> MatchOutput:
        """Score B pairs, stacked as 2B sentences."""
        lengths = pairs.lengths
        states = self.encode(pairs)
        embeddings = self.sentence(_pool(states, lengths)).float()
        similarity = self.similarity(*embeddings.chunk(2))
        composed = self._compose(pairs, states) if self.meets else states
        one, two = _pool(composed, lengths).chunk(2)
        sides = [one + two] if self.symmetric else [one, two]
        logits = self.classifier(torch.cat([*sides, (one - two).abs(), one * two], dim=-1))
        by_similarity = self.similarity_classifier(similarity[:, None]).float()
        return MatchOutput(logits.float(), by_similarity, similarity, embeddings)

    def encode(self, sentences: Sentences) -> Tensor:
        """The shared encoder's states `[S, L, H]`."""
        embedded = [self.character_embedding(sentences.characters), self.word_embedding(sentences.words)]
        return self._drop(self.encoder(self._drop(torch.cat(embedded, dim=-1)), sentences.lengths))

    def _compose(self, pairs: Sentences, states: Tensor) -> Tensor:
        """Compare each position with what it found in the other sentence, and read the comparisons, `[2B, L, H]`."""
        met = meet(states, pairs.lengths)
        compared = self.compare(torch.cat([states, met, states - met, states * met], dim=-1))
        compared = (compared + self.found(found(pairs).to(states.dtype))).relu()
        composed: Tensor = self.composer(self._drop(compared), pairs.lengths)
        return composed

    def _drop(self, states: Tensor) -> Tensor:
        """Drop the same units at every position of a sentence (Gal and Ghahramani 2016)."""
        if not self.training:
            return states
        mask: Tensor = self.dropout(states.new_ones(states.shape[0], 1, states.shape[2]))
        return states * mask


class CharacterOverlap(nn.Module):
    """The baseline: cosine of the two sets of characters (Ochiai), linear classifier.

    Args:
        config: its classes.
        num_characters: size of the vocabulary.
    """

    def __init__(self, config: ModelConfig, num_characters: int) -> None:
        super().__init__()
        self.embedding_dim = num_characters
        self.similarity = nn.CosineSimilarity(dim=-1)
        self.classifier = nn.Linear(1, len(config.labels))
        self.calibration = Calibration(len(config.labels))

    def embed(self, sentences: Sentences) -> Tensor:
        """Which characters each sentence has, `[S, V]`, 0 or 1."""
        has = torch.zeros(len(sentences.lengths), self.embedding_dim, device=sentences.lengths.device)
        padding = _padding(sentences.lengths, sentences.characters.shape[1])
        has.scatter_(1, sentences.characters.masked_fill(padding, PAD), 1.0)
        has[:, PAD] = 0.0
        return has

    def forward(self, pairs: Sentences) -> MatchOutput:
        """Score B pairs, stacked as 2B sentences."""
        return _by_cosine(self.embed(pairs), self.similarity, self.classifier)


Network = TextMatchingLSTM | InteractionLSTM | CharacterOverlap


def build(config: ModelConfig, num_characters: int, num_words: int) -> Network:
    """The network that `config` describes, with fresh weights."""
    if config.arch == "overlap":
        return CharacterOverlap(config, num_characters)
    if config.arch == "siamese":
        return TextMatchingLSTM(config, num_characters, num_words)
    return InteractionLSTM(config, num_characters, num_words)


def _by_cosine(embeddings: Tensor, similarity: nn.CosineSimilarity, classifier: nn.Linear) -> MatchOutput:
    """The verdict of a network that goes by the cosine of its embeddings `[2B, D]` alone."""
    embeddings = embeddings.float()
    cosine = similarity(*embeddings.chunk(2))
    logits = classifier(cosine[:, None]).float()
    return MatchOutput(logits, logits, cosine, embeddings)


def meet(states: Tensor, lengths: Tensor) -> Tensor:
    """For each position, what it finds in the other sentence (ESIM, equations 11 to 13).

    Args:
        states: `[2B, L, H]`, all first sentences, then all second ones.
        lengths: `[2B]`.

    Returns:
        `[2B, L, H]`.
    """
    first, second = states.chunk(2)
    ahead, back = attend(states, lengths)
    return torch.cat([ahead.to(second.dtype) @ second, back.to(first.dtype) @ first])


def attend(states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """How strongly each position looks at each position of the other sentence.

    Args:
        states: `[2B, L, H]`, all first sentences, then all second ones.
        lengths: `[2B]`.

    Returns:
        The first sentences' looks at the second ones and the other way round, both `[B, L, L]`: rows sum to 1, columns
        of padding are 0, rows of padding mean nothing.
    """
    first, second = states.chunk(2)
    padding = _padding(lengths, states.shape[1])
    scores = first @ second.transpose(1, 2)
    ahead = scores.masked_fill(padding.chunk(2)[1][:, None, :], -torch.inf).softmax(-1)
    back = scores.transpose(1, 2).masked_fill(padding.chunk(2)[0][:, None, :], -torch.inf).softmax(-1)
    return ahead, back


def found(pairs: Sentences) -> Tensor:
    """Whether each position's character, and its word, stands in the other sentence too: `[2B, L, 2]`, bool."""
    return torch.stack([_found(pairs.characters), _found(pairs.words)], dim=-1)


def _found(ids: Tensor) -> Tensor:
    first, second = ids.chunk(2)
    same = (first[:, :, None] == second[:, None, :]) & (first != PAD)[:, :, None] & (first != UNK)[:, :, None]
    return torch.cat([same.any(2), same.any(1)])


def hide_tokens(sentences: Sentences, share: float) -> Sentences:
    """Show a random share of the characters, and apart from them of the words, as unknown."""
    return Sentences(_hide(sentences.characters, share), _hide(sentences.words, share), sentences.lengths)


def _hide(ids: Tensor, share: float) -> Tensor:
    hidden = (torch.rand(ids.shape, device=ids.device) < share) & (ids != PAD)
    return ids.masked_fill(hidden, UNK)


def _padding(lengths: Tensor, positions: int) -> Tensor:
    """True where there is no real position, `[S, L]`."""
    return torch.arange(positions, device=lengths.device) >= lengths[:, None]


def _pool(states: Tensor, lengths: Tensor) -> Tensor:
    """Largest and mean state over the real positions, `[S, 2H]`."""
    padding = _padding(lengths, states.shape[1])[..., None]
    largest = states.masked_fill(padding, -torch.inf).amax(1)
    mean = states.masked_fill(padding, 0.0).sum(1) / lengths[:, None]
    return torch.cat([largest, mean.to(largest.dtype)], dim=-1)


def _reorder(states: Tensor, positions: Tensor) -> Tensor:
    return states.gather(1, positions[..., None].expand(-1, -1, states.shape[2]))
