"""The graded similarity: a linear layer on a trained network, fitted to people's gradings.

It is fitted to STS-B's scores, to the grades that files of paraphrases hold (same line, same block) and to random
sentences of the main corpus, which have nothing in common.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from textmatch.evaluation import LabelledPairs, run_batches
from textmatch.files import Pair, Splits
from textmatch.models import InteractionLSTM
from textmatch.training.sampling import PairEncoder

PAIRS_OF_A_CORPUS = 6000
UNRELATED = 1500
PENALTY = 1e-2  # of the squared weights


def fit_grade(model: InteractionLSTM, encoder: PairEncoder, corpora: Sequence[Splits], seed: int) -> int:
    """Fit `model.grade` to the scores of the corpora; each corpus counts as much, however large it is.

    Args:
        model: a trained network; only its layer ``grade`` is changed.
        encoder: encodes pairs for it.
        corpora: the main corpus first; pairs without a score are not used.
        seed: of the pairs that are drawn.

    Returns:
        The number of pairs that it was fitted to, 0 if no corpus has scores.
    """
    rng = random.Random(seed)
    scored = [[pair for pair in corpus.train if pair.score is not None] for corpus in corpora]
    parts = [rng.sample(pairs, min(PAIRS_OF_A_CORPUS, len(pairs))) for pairs in scored if pairs]
    if model.grade is None or not parts:
        return 0
    main = corpora[0].train
    firsts, seconds = (rng.sample(main, min(UNRELATED, len(main))) for _ in range(2))
    parts.append([Pair(a.sentence1, b.sentence2, a.label, 0.0) for a, b in zip(firsts, seconds, strict=True)])

    pairs = [pair for part in parts for pair in part]
    inputs = _inputs(model, encoder.encode(pairs))  # (N, hidden_size + 1)
    scores = torch.tensor([float(pair.score or 0.0) for pair in pairs])
    weights = torch.cat([torch.full((len(part),), 1 / len(part)) for part in parts]) / len(parts)
    with torch.no_grad():
        mean, scale = inputs.mean(0), inputs.std(0) + 1e-3
        weight, bias = _logistic_regression((inputs - mean) / scale, scores, weights)
        # In half precision, as they are stored.
        model.grade.weight.copy_((weight / scale)[None].half())
        model.grade.bias.copy_((bias - (weight / scale) @ mean).half())
    return len(pairs)


def _inputs(model: InteractionLSTM, encoded: LabelledPairs) -> Tensor:
    """What the layer ``grade`` gets for each pair, `[N, hidden_size + 1]`, on the CPU."""
    assert model.grade is not None
    seen: list[Tensor] = []
    hook = model.grade.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().float().cpu()))
    _, rows = run_batches(model, encoded.pairs)
    hook.remove()
    return torch.cat(seen)[rows]


@torch.enable_grad()
def _logistic_regression(inputs: Tensor, scores: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weight `[F]` and bias `[]` that give inputs `[N, F]` the scores `[N]`, 0 to 1."""
    weight = nn.Parameter(torch.zeros(inputs.shape[1]))
    bias = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=150, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        losses = binary_cross_entropy_with_logits(inputs @ weight + bias, scores, reduction="none")
        loss = (weights * losses).sum() + PENALTY * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach(), bias.detach()
