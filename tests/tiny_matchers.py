"""Tiny matchers with random weights, for tests that do not depend on what a model has learned."""

from functools import cache

import torch

from textmatch import TextMatcher
from textmatch.config import ModelConfig
from textmatch.models import build
from textmatch.text import Vocabulary

TINY = ModelConfig(character_dim=6, word_dim=5, hidden_size=7, embedding_dim=4)


def new_matcher(config: ModelConfig, sentences: tuple[str, ...]) -> TextMatcher:
    """A matcher whose predictions differ clearly, with both labels.

    Args:
        config: of the network.
        sentences: what the vocabulary is made of, and what the predictions are calibrated on.
    """
    torch.manual_seed(5)
    vocabulary = Vocabulary.build(sentences, 1, 1)
    model = build(config, vocabulary.num_characters, len(vocabulary.words))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    model.calibration.temperature.fill_(0.7)
    matcher = TextMatcher(config, vocabulary, model)
    predictions = matcher.predict([(one, two) for one in sentences for two in sentences if one != two])
    shares = torch.tensor([list(prediction.probabilities.values()) for prediction in predictions])
    shares = shares[(shares > 0).all(1)]  # equal texts match by rule
    model.calibration.bias.copy_(-shares.log().mean(0))
    return matcher


random_matcher = cache(new_matcher)
"""`new_matcher`, made once: for tests that leave it as it is."""
