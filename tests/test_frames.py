"""textmatch.frames: pairs about who does what to whom, labelled right, mixed and repeatable."""

import pytest

from textmatch.frames import FILLERS, framed_pairs, frames


def test_every_frame_has_two_ways_and_both_participants_in_each() -> None:
    every = frames()
    assert len(every) > 100
    for frame in every:
        assert len(frame.ways) >= 2, frame
        for way in frame.ways:
            assert (way.count("A"), way.count("B")) == (1, 1), way


@pytest.mark.parametrize("kind", FILLERS)
def test_fillers_are_distinct_and_many(kind: str) -> None:
    words = FILLERS[kind].split()
    assert len(words) == len(set(words)) >= 10


def test_pairs_are_half_matching_distinct_and_the_same_for_the_same_seed() -> None:
    pairs = framed_pairs(4000, 1)
    assert len(set(pairs)) == len(pairs) > 3900
    assert 0.4 < sum(pair.label == "1" for pair in pairs) / len(pairs) < 0.6
    assert pairs == framed_pairs(4000, 1) != framed_pairs(4000, 2)
    assert framed_pairs(0, 1) == []


def test_exchanging_the_participants_decides_but_for_mutual_frames() -> None:
    labels = {(pair.sentence1, pair.sentence2): pair.label for pair in framed_pairs(60_000, 3)}
    turned = {key: label for key, label in labels.items() if key[0] != key[1] and sorted(key[0]) == sorted(key[1])}
    assert {label for (one, _), label in turned.items() if "打败了" in one} == {"0"}
    assert {label for (one, _), label in turned.items() if "哪个好养" in one} == {"1"}
