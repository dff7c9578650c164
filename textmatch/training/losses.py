"""The training loss: classification, similarity and contrastive."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from textmatch.config import TrainConfig
from textmatch.models import MatchOutput

CONTRASTIVE_TEMPERATURE = 0.05
NEAR_DUPLICATE = 0.99  # cosine


class Targets(NamedTuple):
    """What a batch of B pairs is trained on.

    Attributes:
        labels: classes, `[B]`, int64.
        prior: log probabilities of the classes given the lengths, `[B, C]`, float32 (`sampling.length_prior`).
        grades: how close the meanings are, 0 to 1, `[B]`, float32; NaN where that is not known.
    """

    labels: Tensor
    prior: Tensor
    grades: Tensor


def training_loss(output: MatchOutput, targets: Targets, config: TrainConfig) -> Tensor:
    """The weighted sum of the losses of one batch.

    Args:
        output: the network's output for B pairs.
        targets: of these pairs.
        config: the weights of the losses.

    Returns:
        A scalar, float32.
    """
    labels, prior, grades = targets
    logits = output.logits + prior
    loss = cross_entropy(logits, labels)
    if output.grade is not None:
        loss = loss + config.grade_weight * grade_loss(output.grade, grades)
    if output.similarity_logits is output.logits:  # this network classifies by the cosine alone
        return loss
    loss = loss + config.similarity_weight * similarity_loss(output.similarity_logits + prior, logits, labels)
    if config.contrastive_weight and logits.shape[1] == 2:
        loss = loss + config.contrastive_weight * contrastive_loss(output.embeddings, labels)
    return loss


def grade_loss(logits: Tensor, grades: Tensor) -> Tensor:
    """Cross-entropy of the graded similarity, over the pairs whose grade is known.

    Args:
        logits: `[B]`.
        grades: 0 to 1, `[B]`, float32; NaN where not known.

    Returns:
        A scalar; 0 if no grade is known.
    """
    known = ~grades.isnan()
    losses = binary_cross_entropy_with_logits(logits, grades.nan_to_num(), reduction="none")
    return (losses * known).sum() / known.sum().clamp(min=1)


def similarity_loss(similarity_logits: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """Train the cosine of the sentence embeddings on the labels and, as much, on the classifier's probabilities.

    The labels say yes or no; the classifier's probabilities also say how sure to be.

    Args:
        similarity_logits: from the cosine alone, `[B, C]`.
        logits: the classifier's, `[B, C]`; no gradient flows into them.
        labels: classes, `[B]`, int64.

    Returns:
        A scalar.
    """
    probabilities = torch.softmax(logits.detach(), dim=-1)
    return 0.5 * cross_entropy(similarity_logits, labels) + 0.5 * cross_entropy(similarity_logits, probabilities)


def contrastive_loss(embeddings: Tensor, labels: Tensor) -> Tensor:
    """Find each sentence's match among all sentences of the other side of the batch: in-batch negatives.

    It trains the embeddings for search, where a query is compared with thousands of sentences (multiple negatives
    ranking loss, Henderson et al. 2017, section 4; InfoNCE, van den Oord et al. 2018, section 2.3). Both directions
    count: second sentences given a first one, and first sentences given a second one. Near-duplicates of the match are
    not used as negatives.

    Args:
        embeddings: of all first sentences, then all second ones, `[2B, D]`.
        labels: `[B]`, int64; 1 is a match. Sentences of pairs labelled 0 are negatives only.

    Returns:
        The mean over the matches, a scalar; 0 without one.
    """
    first, second = normalize(embeddings.float(), dim=-1).chunk(2)  # (B, D) each
    matches = labels.nonzero().flatten()  # (M,)
    if not len(matches):
        return embeddings.sum() * 0.0
    loss = torch.zeros((), device=embeddings.device)
    for queries, candidates in ((first, second), (second, first)):
        duplicates = (candidates[matches] @ candidates.T).detach() > NEAR_DUPLICATE  # (M, B)
        duplicates[torch.arange(len(matches)), matches] = False
        scores = (queries[matches] @ candidates.T / CONTRASTIVE_TEMPERATURE).masked_fill(duplicates, -torch.inf)
        loss = loss + 0.5 * cross_entropy(scores, matches)
    return loss
