"""The networks.

Letters in shapes: B pairs, S sentences (S = 2B), L positions of a sentence, E embedding, H LSTM units of all directions
together, D sentence embedding, C classes.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from textmatch.batching import Pairs, Sentences
from textmatch.config import ModelConfig
from textmatch.knowledge.sounds import NUM_SOUNDS
from textmatch.matches import NUM_MATCHES, NUM_PLAIN_MATCHES
from textmatch.text import PAD, UNK


class MatchOutput(NamedTuple):
    """What a network returns for B pairs.

    Attributes:
        logits: `[B, C]`, float32; `Calibration` turns them into probabilities.
        similarity_logits: `[B, C]`, float32, from the cosine alone; a second training target.
        similarity: cosine of the two sentence embeddings, `[B]`, float32, -1 to 1.
        embeddings: all first sentences, then all second ones, `[2B, D]`, float32.
        grade: how close the meanings are, `[B]`, float32, as a logit; None for a network that does not grade.
    """

    logits: Tensor
    similarity_logits: Tensor
    similarity: Tensor
    embeddings: Tensor
    grade: Tensor | None = None


class Calibration(nn.Module):
    """Logits to calibrated probabilities: a temperature (Guo et al. 2017, section 4.2) and a bias for each class.

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
    """An LSTM over padded sentences whose states at real positions do not depend on the padding.

    Padding stands at the end, so the forward direction reads it last. The backward direction reads each sentence
    reversed within its own length. This needs one kernel call for all sentences, where packed sequences need many.

    Args:
        input_size: E.
        hidden_size: units of each direction.
        num_layers: number of layers.
        bidirectional: whether there is a backward direction.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = True) -> None:
        super().__init__()
        self.output_size, self._hidden_size = hidden_size * (2 if bidirectional else 1), hidden_size
        sizes = [input_size] + [self.output_size] * (num_layers - 1)
        self.forward_lstm = nn.ModuleList(nn.LSTM(size, hidden_size, batch_first=True) for size in sizes)
        self.backward_lstm = nn.ModuleList(
            nn.LSTM(size, hidden_size, batch_first=True) for size in (sizes if bidirectional else [])
        )

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Read sentences.

        Args:
            inputs: `[S, L, E]`, float.
            lengths: real positions of each sentence, `[S]`, int64, at least 1.

        Returns:
            The states `[S, L, H]`; those at padding have no meaning.
        """
        positions = torch.arange(inputs.shape[1], device=inputs.device)
        reversed_positions = (lengths[:, None] - 1 - positions).clamp(min=0)  # (S, L)
        states = inputs
        for layer, forward_lstm in enumerate(self.forward_lstm):
            directions = [forward_lstm(states)[0]]
            if self.backward_lstm:
                backward_states = self.backward_lstm[layer](_reorder(states, reversed_positions))[0]
                directions.append(_reorder(backward_states, reversed_positions))
            states = torch.cat(directions, dim=-1)  # (S, L, H)
        return states

    def last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """The last real state of each direction; the backward one stands at the first position.

        Args:
            states: what `forward` returned, `[S, L, H]`.
            lengths: `[S]`, int64.

        Returns:
            `[S, H]`.
        """
        forward_states, backward_states = states.tensor_split([self._hidden_size], dim=-1)
        rows = torch.arange(len(states), device=states.device)
        return torch.cat([forward_states[rows, lengths - 1], backward_states[:, 0]], dim=-1)  # (S, L, H) -> (S, H)


class TextMatchingLSTM(nn.Module):
    """The recipe: shared LSTM, last real state of each sentence, cosine, linear classifier.

    Args:
        config: sizes and classes.
        num_characters: rows of the character embedding, used if a position is a character.
        num_words: rows of the word embedding, used if a position is a word.
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
        # A random start may give a higher cosine to "not matched". Training does not recover from that, so sort the
        # weights: a higher cosine speaks for the last class from the start.
        with torch.no_grad():
            self.classifier.weight.copy_(self.classifier.weight.sort(dim=0).values)
        self.calibration = Calibration(len(config.labels))

    def embed(self, sentences: Sentences) -> Tensor:
        """Sentence embeddings `[S, H]`: the last real states."""
        embedded = self.dropout(self.embedding(sentences.characters))  # (S, L) -> (S, L, E)
        return self.lstm.last(self.lstm(embedded, sentences.lengths), sentences.lengths)

    def forward(self, pairs: Pairs) -> MatchOutput:
        """Score B pairs."""
        return _classify_cosine(self.embed(pairs.sentences), self.similarity, self.classifier)


class InteractionLSTM(nn.Module):
    """The default: encode both sentences, attend across them, compare, read the comparisons, classify.

    After ESIM (Chen et al. 2017, sections 3.1 to 3.3). What differs: the input is characters with their covering
    words; exact matches are an input of the comparison; the head gives the same result for both orders of the sentences
    (unless ``config.symmetric`` is off); and a sentence embedding is trained beside it for the similarity. With
    ``arch="bilstm"`` there is no attention: the head reads the encoder's states.

    Args:
        config: sizes and classes.
        num_characters: rows of the character embedding (`Vocabulary.num_characters`).
        num_words: rows of the word embedding.
    """

    def __init__(self, config: ModelConfig, num_characters: int, num_words: int) -> None:
        super().__init__()
        classes, hidden = len(config.labels), config.hidden_size
        self.character_embedding = nn.Embedding(num_characters, config.character_dim, padding_idx=PAD)
        self.word_embedding = nn.Embedding(num_words, config.word_dim, padding_idx=PAD)
        self.sound_embedding = nn.Embedding(NUM_SOUNDS, config.character_dim, padding_idx=0) if config.sounds else None
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = LSTMEncoder(
            config.character_dim + config.word_dim, hidden, config.num_layers, config.bidirectional
        )
        width = self.encoder.output_size
        self.embedding_dim = config.embedding_dim
        self.sentence_projection = nn.Linear(2 * width, config.embedding_dim)
        self.similarity = nn.CosineSimilarity(dim=-1)
        self.similarity_classifier = nn.Linear(1, classes)
        with torch.no_grad():  # Start steep, with the border where the cosines of related sentences lie.
            self.similarity_classifier.weight[:, 0] = torch.linspace(-10, 10, classes)
            self.similarity_classifier.bias.copy_(torch.linspace(6, -6, classes))
        self.uses_cross_attention, self.symmetric = config.arch == "interaction", config.symmetric
        if self.uses_cross_attention:
            self.compare = nn.Linear(4 * width, hidden)
            self.num_matches = NUM_MATCHES if config.knowledge else NUM_PLAIN_MATCHES
            self.exact_match_projection = nn.Linear(self.num_matches, hidden, bias=False)
            self.composer = LSTMEncoder(hidden, hidden)
        pooled = 2 * (self.composer.output_size if self.uses_cross_attention else width)
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear((3 if config.symmetric else 4) * pooled, hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, classes),
        )
        self.grade = nn.Linear(hidden + 1, 1) if config.graded else None
        self.calibration = Calibration(classes)

    def embed(self, sentences: Sentences) -> Tensor:
        """Sentence embeddings `[S, D]`."""
        return self._embed_states(self.encode(sentences), sentences.lengths)

    def encode(self, sentences: Sentences) -> Tensor:
        """The shared encoder's states `[S, L, H]`."""
        characters = self.character_embedding(sentences.characters)
        if self.sound_embedding is not None:
            characters = characters + self.sound_embedding(sentences.sounds)
        words = self.word_embedding(sentences.words)
        embedded = torch.cat([characters, words], dim=-1)  # 2 × (S, L) -> (S, L, E)
        states = self.encoder(self._variational_dropout(embedded), sentences.lengths)  # (S, L, H)
        return self._variational_dropout(states)

    def forward(self, pairs: Pairs) -> MatchOutput:
        """Score B pairs."""
        lengths = pairs.sentences.lengths
        states = self.encode(pairs.sentences)  # (2B, L, H)
        embeddings = self._embed_states(states, lengths).float()  # (2B, D)
        similarity = self.similarity(*embeddings.chunk(2))  # (B,)
        similarity_logits = self.similarity_classifier(similarity[:, None]).float()  # (B, C)
        composed = self._compose(pairs, states) if self.uses_cross_attention else states
        first, second = _pool(composed, lengths).chunk(2)  # (2B, L, H) -> 2 × (B, 2H)
        sides = [first + second] if self.symmetric else [first, second]
        features = torch.cat([*sides, (first - second).abs(), first * second], dim=-1)  # (B, 6H or 8H)
        hidden = self.classifier[:-1](features)  # (B, hidden_size)
        graded = torch.cat([hidden, similarity[:, None].to(hidden.dtype)], dim=-1)  # (B, hidden_size + 1)
        grade = None if self.grade is None else self.grade(graded)[:, 0].float()  # (B,)
        return MatchOutput(self.classifier[-1](hidden).float(), similarity_logits, similarity, embeddings, grade)

    def _embed_states(self, states: Tensor, lengths: Tensor) -> Tensor:
        embeddings: Tensor = self.sentence_projection(_pool(states, lengths))  # (S, L, H) -> (S, 2H) -> (S, D)
        return embeddings

    def _compose(self, pairs: Pairs, states: Tensor) -> Tensor:
        """Compare each position with what it attends to, and read the comparisons: `[2B, L, H]`."""
        lengths = pairs.sentences.lengths
        attended = cross_attend(states, lengths)  # (2B, L, H)
        comparison = torch.cat([states, attended, states - attended, states * attended], dim=-1)  # (2B, L, 4H)
        matches = self.exact_match_projection(pairs.matches[..., : self.num_matches].to(states.dtype))
        compared = (self.compare(comparison) + matches).relu()  # (2B, L, hidden_size)
        composed: Tensor = self.composer(self._variational_dropout(compared), lengths)  # (2B, L, H)
        return composed

    def _variational_dropout(self, states: Tensor) -> Tensor:
        """Drop the same units at every position of a sentence (Gal and Ghahramani 2016)."""
        if not self.training:
            return states
        mask: Tensor = self.dropout(states.new_ones(states.shape[0], 1, states.shape[2]))
        return states * mask


class CharacterOverlap(nn.Module):
    """The baseline: cosine of the two sets of characters (Ochiai 1957), linear classifier.

    Args:
        config: classes.
        num_characters: V, the size of the character vocabulary.
    """

    def __init__(self, config: ModelConfig, num_characters: int) -> None:
        super().__init__()
        self.embedding_dim = num_characters
        self.similarity = nn.CosineSimilarity(dim=-1)
        self.classifier = nn.Linear(1, len(config.labels))
        self.calibration = Calibration(len(config.labels))

    def embed(self, sentences: Sentences) -> Tensor:
        """Which characters each sentence has: `[S, V]`, float32, 0 or 1."""
        present = torch.zeros(len(sentences.lengths), self.embedding_dim, device=sentences.lengths.device)
        padding = _padding_mask(sentences.lengths, sentences.characters.shape[1])
        present.scatter_(1, sentences.characters.masked_fill(padding, PAD), 1.0)  # (S, L) -> (S, V)
        present[:, PAD] = 0.0
        return present

    def forward(self, pairs: Pairs) -> MatchOutput:
        """Score B pairs."""
        return _classify_cosine(self.embed(pairs.sentences), self.similarity, self.classifier)


Network = TextMatchingLSTM | InteractionLSTM | CharacterOverlap


def build(config: ModelConfig, num_characters: int, num_words: int) -> Network:
    """The network that `config` describes, with new random weights.

    Args:
        config: architecture, sizes and classes.
        num_characters: size of the character vocabulary.
        num_words: size of the word vocabulary.
    """
    if config.arch == "overlap":
        return CharacterOverlap(config, num_characters)
    if config.arch == "siamese":
        return TextMatchingLSTM(config, num_characters, num_words)
    return InteractionLSTM(config, num_characters, num_words)


def cross_attend(states: Tensor, lengths: Tensor) -> Tensor:
    """The mean of the other sentence's states, weighted by attention (ESIM, equations 11 to 13).

    Args:
        states: `[2B, L, H]`, all first sentences, then all second ones.
        lengths: `[2B]`, int64.

    Returns:
        `[2B, L, H]`.
    """
    first, second = states.chunk(2)
    first_to_second, second_to_first = attend(states, lengths)
    return torch.cat([first_to_second.to(second.dtype) @ second, second_to_first.to(first.dtype) @ first])


def attend(states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Attention weights between the two sentences of each pair.

    Args:
        states: `[2B, L, H]`, all first sentences, then all second ones.
        lengths: `[2B]`, int64.

    Returns:
        The weights from the first sentences to the second ones and the other way round, both `[B, L, L]`. Rows sum to
        1, columns of padding are 0, rows of padding have no meaning.
    """
    first, second = states.chunk(2)
    first_padding, second_padding = _padding_mask(lengths, states.shape[1]).chunk(2)
    scores = first @ second.transpose(1, 2)  # (B, L, H) @ (B, H, L) -> (B, L, L)
    first_to_second = scores.masked_fill(second_padding[:, None, :], -torch.inf).softmax(-1)
    second_to_first = scores.transpose(1, 2).masked_fill(first_padding[:, None, :], -torch.inf).softmax(-1)
    return first_to_second, second_to_first


def token_dropout(pairs: Pairs, share: float, num_words: int, unknown_ids: range) -> Pairs:
    """Show random characters, and independently random words, as unknown ones, in all sentences alike.

    Args:
        pairs: left as they are.
        share: of the different characters and of the different words, 0 to 1.
        num_words: number of word ids.
        unknown_ids: ids of unknown positions (`Vocabulary.unknown`).
    """
    sentences = pairs.sentences
    characters, words = sentences.characters, sentences.words
    hidden = _choose(max(unknown_ids.stop, int(characters.max()) + 1), share, characters)
    unknown = unknown_ids.start + characters % len(unknown_ids)
    shown = sentences._replace(
        characters=torch.where(hidden[characters], unknown, characters),
        words=words.masked_fill(_choose(num_words, share, words)[words], UNK),
    )
    return pairs._replace(sentences=shown)


def _choose(count: int, share: float, ids: Tensor) -> Tensor:
    """A random share of the ids up to `count`, but not the padding, `[count]`, bool."""
    chosen = torch.rand(count, device=ids.device) < share
    chosen[PAD] = False
    return chosen


def _classify_cosine(embeddings: Tensor, similarity: nn.CosineSimilarity, classifier: nn.Linear) -> MatchOutput:
    """The output of a network that classifies the cosine of its embeddings `[2B, D]` alone."""
    embeddings = embeddings.float()
    cosine = similarity(*embeddings.chunk(2))  # (2B, D) -> (B,)
    logits = classifier(cosine[:, None]).float()  # (B, C)
    return MatchOutput(logits, logits, cosine, embeddings)


def _padding_mask(lengths: Tensor, positions: int) -> Tensor:
    """True at padding: lengths `[S]` to `[S, L]`."""
    return torch.arange(positions, device=lengths.device) >= lengths[:, None]


def _pool(states: Tensor, lengths: Tensor) -> Tensor:
    """Maximum and mean over the real positions, side by side."""
    padding = _padding_mask(lengths, states.shape[1])[..., None]
    maximum = states.masked_fill(padding, -torch.inf).amax(1)  # (S, L, H) -> (S, H)
    mean = states.masked_fill(padding, 0.0).sum(1) / lengths[:, None]  # (S, L, H) -> (S, H)
    return torch.cat([maximum, mean.to(maximum.dtype)], dim=-1)  # (S, 2H)


def _reorder(states: Tensor, positions: Tensor) -> Tensor:
    """The states `[S, L, H]` at other `positions` `[S, L]` of their sentences."""
    return states.gather(1, positions[..., None].expand(-1, -1, states.shape[2]))
