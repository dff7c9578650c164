"""The interaction network as one ONNX graph, and ONNX Runtime to run it: the same answers in less time on a CPU.

The graph is made from the network's weights. Some work that the network does for every pair is done once here: the
calibration is part of the last layer, the compare layer reads three vectors and not four, and what a set of matches
adds is looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from textmatch.batching import EncodedPair, Sentences, collate_flags
from textmatch.errors import InputError
from textmatch.matches import NUM_MATCHES
from textmatch.models import InteractionLSTM, LSTMEncoder, Network

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 18, 9
"""What the graph needs at least: ONNX Runtime 1.16 or later reads it."""

INPUTS = ("characters", "words", "sounds", "lengths", "matches")


class Scores(NamedTuple):
    """What a network says of B pairs, on the network's device.

    Attributes:
        probabilities: `[B, C]`, calibrated.
        similarity: cosine of the sentence embeddings, `[B]`.
        grade: how close the meanings are, `[B]`, as a logit; None for a network that does not grade.
    """

    probabilities: Tensor
    similarity: Tensor
    grade: Tensor | None = None


class OnnxNetwork:
    """A network in ONNX Runtime, on the CPU.

    Args:
        model: the network, an interaction LSTM.

    Raises:
        InputError: onnx or onnxruntime is not installed, or the network is another one.
    """

    def __init__(self, model: Network) -> None:
        self._model = model
        self._session = _session(graph(model, Scores._fields))
        self._names = [each.name for each in self._session.get_outputs()]

    def score(self, pairs: Sequence[EncodedPair]) -> Scores:
        """Score encoded pairs, at least one."""
        sentences, flags = collate_flags(pairs)
        found = self._session.run(self._names, _feed(sentences, flags))
        return Scores(**dict(zip(self._names, map(torch.from_numpy, found), strict=True)))

    def embed(self, sentences: Sentences) -> Tensor:
        """Sentence embeddings `[S, D]`."""
        (found,) = self._encoder.run(["embeddings"], _feed(sentences))
        return torch.from_numpy(found)

    @cached_property
    def _encoder(self) -> Any:
        """The part of the graph that embeds, for sentences of any number."""
        return _session(graph(self._model, ("embeddings",)))


def export(model: Network, file: Path) -> None:
    """Write a network as an ONNX file.

    The inputs are those of `INPUTS`: the ids of `batching.Sentences`, `[2B, L]`, all first sentences, then all second
    ones; their `lengths`; and `matches`, the flags of `matches.Match` of each position. The outputs are
    ``probabilities`` `[B, C]`, ``similarity`` (the cosine) `[B]`, ``grade`` `[B]` (a logit), ``embeddings`` `[2B, D]`
    and the attention between the sentences, ``attention`` and ``attention_back``, `[B, L, L]`. B and L are any numbers.

    Args:
        model: an interaction LSTM.
        file: where to write.

    Raises:
        InputError: onnx is not installed, the network is another one, or the file cannot be written.
    """
    content = graph(model).SerializeToString()
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise InputError(f"{file}: the file cannot be written: {error.strerror}") from None


def graph(model: Network, outputs: Sequence[str] = ()) -> onnx.ModelProto:
    """The graph of `export`.

    Args:
        model: an interaction LSTM.
        outputs: those wanted; the graph has only what they need. All of them if none is named.

    Raises:
        InputError: onnx is not installed, or the network is another one than an interaction LSTM.
    """
    if not isinstance(model, InteractionLSTM) or not model.uses_cross_attention:
        raise InputError("this network cannot be an ONNX graph: expected one of the architecture interaction")
    try:
        import onnx  # noqa: F401 - missing is told here
    except ImportError as error:
        raise _missing(error) from None
    return _Builder(model).build(outputs)


def _session(content: onnx.ModelProto) -> Any:
    """A graph in ONNX Runtime, with as many threads as torch has."""
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing(error) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads must not take a core
    # An arena would keep what the largest batch needed: 340 MB after 64 pairs of 240 characters, and no time is saved.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content.SerializeToString(), options, ["CPUExecutionProvider"])


def _missing(error: ImportError) -> InputError:
    return InputError(f"{error.name} is not installed: the onnx backend needs pip install onnx onnxruntime")


def _feed(sentences: Sentences, *flags: Tensor) -> dict[str, Any]:
    return {name: each.numpy() for name, each in zip(INPUTS, (*sentences, *flags), strict=False)}


class _Builder:
    """Writes the graph of a network node by node; a value is its name.

    Shapes have the letters of `models`: S = 2B sentences, L positions, W units of both directions.
    """

    def __init__(self, model: InteractionLSTM) -> None:
        self.model, self.width = model, model.encoder.output_size
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._numbers = count()

    def build(self, outputs: Sequence[str]) -> onnx.ModelProto:
        """The graph of all outputs, or of some."""
        from onnx import TensorProto, helper

        shapes = self._write()
        wanted = [name for name in shapes if name in (outputs or shapes)]
        needed = set(wanted)
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
        inputs = INPUTS if "matches" in needed else INPUTS[:-1]
        made = helper.make_graph(
            [node for node in self.nodes if needed.intersection(node.output)],
            "textmatch",
            [helper.make_tensor_value_info(name, TensorProto.INT64, _shape(name)) for name in inputs],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in wanted],
            [constant for constant in self.constants if constant.name in needed],
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(made, opset_imports=opset, ir_version=IR_VERSION, producer_name="textmatch")

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node; the name of its output."""
        from onnx import helper

        output = output or f"{kind}_{next(self._numbers)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        """Add a constant: a weight of the network, or numbers of which whole ones are int64."""
        from onnx import numpy_helper

        array = np.asarray(value.detach().cpu().numpy() if isinstance(value, Tensor) else value)
        name = f"constant_{next(self._numbers)}"
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, inputs: str, weight: Tensor, bias: Tensor | None = None, output: str = "") -> str:
        """`[…, in]` to `[…, out]`."""
        weighted = self.node("MatMul", inputs, self.constant(weight.T))
        return weighted if bias is None else self.node("Add", weighted, self.constant(bias), output=output)

    def _write(self) -> dict[str, list[Any]]:
        """All nodes; the outputs with their shapes."""
        model = self.model
        lengths = self.node("Cast", "lengths", to=6)  # the LSTM takes int32
        padding = self._padding()  # (S, L)
        states = self._lstm(model.encoder, self._embedded(), lengths)  # (S, L, W)
        projection = model.sentence_projection
        embeddings = self.linear(self._pool(states, padding), projection.weight, projection.bias, "embeddings")
        similarity = self._cosine(embeddings)
        compared = self._compare(states, padding)  # (S, L, H)
        in_time = self.node("Transpose", compared, perm=[1, 0, 2])
        first, second = self._halves(self._pool(self._lstm(model.composer, in_time, lengths), padding))
        away = self.node("Abs", self.node("Sub", first, second))
        sides = [self.node("Add", first, second)] if model.symmetric else [first, second]
        features = self.node("Concat", *sides, away, self.node("Mul", first, second), axis=-1)
        inner, last = (layer for layer in model.classifier if isinstance(layer, nn.Linear))
        hidden = self.node("Relu", self.linear(features, inner.weight, inner.bias))  # (B, H)
        temperature = model.calibration.temperature
        scaled = self.linear(hidden, last.weight / temperature, last.bias / temperature + model.calibration.bias)
        self.node("Softmax", scaled, axis=-1, output="probabilities")
        shapes: dict[str, list[Any]] = {
            "probabilities": ["pairs", last.out_features],
            "similarity": ["pairs"],
            "embeddings": ["sentences", model.embedding_dim],
            "attention": ["pairs", "length", "length"],
            "attention_back": ["pairs", "length", "length"],
        }
        if model.grade is not None:
            column = self.node("Unsqueeze", similarity, self.constant([1]))
            graded = self.node("Concat", hidden, column, axis=-1)
            row = self.linear(graded, model.grade.weight, model.grade.bias)
            self.node("Squeeze", row, self.constant([1]), output="grade")
            shapes["grade"] = ["pairs"]
        return shapes

    def _embedded(self) -> str:
        """The inputs of the encoder, position by position: `[L, S, E]`."""
        model = self.model
        turned = {name: self.node("Transpose", name, perm=[1, 0]) for name in ("characters", "words", "sounds")}
        characters = self.node("Gather", self.constant(model.character_embedding.weight), turned["characters"])
        if model.sound_embedding is not None:
            sounds = self.node("Gather", self.constant(model.sound_embedding.weight), turned["sounds"])
            characters = self.node("Add", characters, sounds)
        words = self.node("Gather", self.constant(model.word_embedding.weight), turned["words"])
        return self.node("Concat", characters, words, axis=-1)

    def _lstm(self, encoder: LSTMEncoder, inputs: str, lengths: str) -> str:
        """`[L, S, in]` to `[S, L, W]`, zeros at padding."""
        states = inputs
        for layer, forward in enumerate(encoder.forward_lstm):
            directions: list[Any] = [forward, *encoder.backward_lstm[layer : layer + 1]]
            size = directions[0].hidden_size
            weights = [
                self.constant(np.stack([_onnx_gates(getattr(each, f"{name}_l0"), size) for each in directions]))
                for name in ("weight_ih", "weight_hh")
            ]
            biases = [
                np.concatenate([_onnx_gates(getattr(each, f"bias_{name}_l0"), size) for name in ("ih", "hh")])
                for each in directions
            ]
            way = "bidirectional" if len(directions) == 2 else "forward"
            found = self.node(
                "LSTM", states, *weights, self.constant(np.stack(biases)), lengths, hidden_size=size, direction=way
            )  # (L, directions, S, H)
            is_last = layer == len(encoder.forward_lstm) - 1
            turned = self.node("Transpose", found, perm=[2, 0, 1, 3] if is_last else [0, 2, 1, 3])
            states = self.node("Reshape", turned, self.constant([0, 0, size * len(directions)]))
        return states

    def _padding(self) -> str:
        """True at padding, `[S, L]`."""
        length = self.node("Squeeze", self.node("Shape", "characters", start=1, end=2))
        positions = self.node("Range", self.constant(0), length, self.constant(1))
        return self.node("GreaterOrEqual", positions, self.node("Unsqueeze", "lengths", self.constant([1])))

    def _pool(self, states: str, padding: str) -> str:
        """Maximum and mean over the real positions, side by side: `[S, L, W]` to `[S, 2W]`."""
        hidden = self.node("Unsqueeze", padding, self.constant([2]))
        masked = self.node("Where", hidden, self.constant(-np.inf), states)
        maximum = self.node("ReduceMax", masked, self.constant([1]), keepdims=0)
        total = self.node("ReduceSum", states, self.constant([1]), keepdims=0)
        lengths = self.node("Unsqueeze", self.node("Cast", "lengths", to=1), self.constant([1]))
        return self.node("Concat", maximum, self.node("Div", total, lengths), axis=-1)

    def _halves(self, both: str) -> tuple[str, str]:
        """The first sentences' and the second ones'."""
        from onnx import helper

        one, two = (f"Split_{next(self._numbers)}" for _ in range(2))
        self.nodes.append(helper.make_node("Split", [both], [one, two], axis=0, num_outputs=2))
        return one, two

    def _cosine(self, embeddings: str) -> str:
        norm = self.node("ReduceL2", embeddings, self.constant([-1]), keepdims=1)
        unit = self.node("Div", embeddings, self.node("Max", norm, self.constant(1e-8)))
        product = self.node("Mul", *self._halves(unit))
        return self.node("ReduceSum", product, self.constant([-1]), keepdims=0, output="similarity")

    def _compare(self, states: str, padding: str) -> str:
        """Compare each position with what it attends to: `[S, L, H]`."""
        first, second = self._halves(states)
        first_padding, second_padding = self._halves(padding)
        scores = self.node("MatMul", first, self.node("Transpose", second, perm=[0, 2, 1]))  # (B, L, L)
        back = self.node("Transpose", scores, perm=[0, 2, 1])
        self._attention(scores, second_padding, "attention")
        self._attention(back, first_padding, "attention_back")
        attended = self.node(
            "Concat", self.node("MatMul", "attention", second), self.node("MatMul", "attention_back", first), axis=0
        )
        compare, projection = self.model.compare, self.model.exact_match_projection
        # one (s) + two (a) + three (s - a) + four (s * a) = (one + three) (s) + (two - three) (a) + four (s * a)
        one, two, three, four = compare.weight.chunk(4, dim=1)
        parts = ((states, one + three), (attended, two - three), (self.node("Mul", states, attended), four))
        matches = self.node("Gather", self.constant(_match_table(projection, compare.bias)), "matches")
        for vectors, weight in parts:
            matches = self.node("Add", matches, self.linear(vectors, weight))
        return self.node("Relu", matches)

    def _attention(self, scores: str, padding: str, output: str) -> str:
        columns = self.node("Unsqueeze", padding, self.constant([1]))
        return self.node("Softmax", self.node("Where", columns, self.constant(-np.inf), scores), axis=-1, output=output)


def _shape(name: str) -> list[str]:
    return ["sentences"] if name == "lengths" else ["sentences", "length"]


def _onnx_gates(weight: Tensor, size: int) -> Any:
    """An LSTM's weights `[4H, …]` from torch's order of gates (input, forget, cell, output) to ONNX's."""
    i, f, c, o = weight.detach().cpu().split(size)
    return torch.cat([i, o, f, c]).numpy()


def _match_table(projection: nn.Linear, bias: Tensor) -> Tensor:
    """What each sum of flags adds to the comparison, the bias included: `[2 ** NUM_MATCHES, H]`."""
    sums = torch.arange(2**NUM_MATCHES)[:, None]
    flags = (sums & torch.tensor([1 << i for i in range(projection.in_features)])) > 0
    table: Tensor = projection(flags.float().to(bias.device)) + bias
    return table
