"""all-MiniLM-L6-v2's float weights -> its network, as an ONNX file that multiplies in int8.

The network is BERT's encoder (Devlin et al., 2019), written with the operators that onnxruntime has
for it. Weights take seven bits and a scale for each output, the input of a product eight bits and
one scale a call (``DynamicQuantizeMatMul``). Seven, because sums of such products overflow on no
processor: the same text has the same vector on each.

Measured on two cores with VNNI, 98 tokens a passage: 300 passages/s; the same weights in int8, but
widened to float32 when they are loaded, 94; those through onnxruntime's ``quantize_dynamic``, 190.
A vector has a cosine of 0.992 with that of the float network, and finds as well: macro R@8 49.4
against 49.5, R@64 86.5 against 86.4 on LegalBench-RAG-mini.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYERS, HEADS, HIDDEN = 6, 12, 384
EPSILON = 1e-12
"""Of the layer normalisations."""

_WEIGHT = 63
"""The largest weight in seven bits."""
_MICROSOFT = "com.microsoft"
"""The set of onnxruntime's own operators."""


def write_network(weights: Path, file: Path) -> None:
    """Writes the network whose float weights are in a safetensors file.

    It takes ``input_ids``, ``attention_mask`` and ``token_type_ids`` (unused: all are of type 0),
    of batch x sequence, and gives ``last_hidden_state``, of batch x sequence x ``HIDDEN``. As
    inputs are rounded by one scale a call, a vector depends on what it shares a batch with: give it
    one text at a time.
    """
    import onnx
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    graph = _Graph(load_file(weights))
    mask = graph.node("Cast", "attention_mask", to=TensorProto.INT32)
    states = graph.embeddings()
    for number in range(LAYERS):
        states = graph.layer(f"encoder.layer.{number}", states, mask)
    graph.node("Identity", states, output="last_hidden_state")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", HIDDEN]
    )
    model = helper.make_model(
        helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], graph.constants),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=10,
    )
    onnx.save(model, file)


class _Graph:
    """The graph as it grows. Values go by name; each method gives the name of what it adds."""

    def __init__(self, weights: "Mapping[str, NDArray[np.float32]]") -> None:
        self._weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def embeddings(self) -> str:
        """What stands for each token: its word and its place, the words as int8 rows."""
        import numpy as np
        from onnx import TensorProto

        words, scales = _rounded(self._weights["embeddings.word_embeddings.weight"].T, 127)
        word = self.node("Gather", self.constant(words.T), "input_ids")
        scale = self.node("Gather", self.constant(scales[:, None]), "input_ids")
        word = self.node("Mul", self.node("Cast", word, to=TensorProto.FLOAT), scale)
        places = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        first = self.constant(np.array([0]))
        length = self.node("Shape", "input_ids", start=1, end=2)
        place = self.node("Slice", self.constant(places), first, length, first)
        return self.normalised("embeddings.LayerNorm", word, place)

    def layer(self, name: str, states: str, mask: str) -> str:
        """One layer: attention, then two products with a GELU between them."""
        projected = self.product(
            [f"{name}.attention.self.{one}" for one in ("query", "key", "value")], states
        )
        attended = self.node(
            "MultiHeadAttention",
            *self.thirds(projected),
            "",
            mask,
            domain=_MICROSOFT,
            num_heads=HEADS,
        )
        attended = self.product([f"{name}.attention.output.dense"], attended)
        states = self.normalised(f"{name}.attention.output.LayerNorm", attended, states)
        inner = self.product([f"{name}.intermediate.dense"], states)
        inner = self.node("Gelu", inner, domain=_MICROSOFT)
        inner = self.product([f"{name}.output.dense"], inner)
        return self.normalised(f"{name}.output.LayerNorm", inner, states)

    def product(self, names: list[str], states: str) -> str:
        """The states by the weights of these names side by side, plus their biases."""
        import numpy as np

        weights = np.concatenate([self._weights[f"{name}.weight"] for name in names])
        biases = np.concatenate([self._weights[f"{name}.bias"] for name in names])
        rounded, scales = _rounded(weights.T, _WEIGHT)
        constants = self.constant(rounded), self.constant(scales), "", self.constant(biases)
        return self.node("DynamicQuantizeMatMul", states, *constants, domain=_MICROSOFT)

    def normalised(self, name: str, one: str, other: str) -> str:
        """The sum of two states, normalised."""
        # "Sum", which onnxruntime leaves alone; it would make an "Add" and what follows one
        # operator, SkipLayerNormalization, that takes four times as long.
        total = self.node("Sum", one, other)
        gain, bias = (self.constant(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.node("LayerNormalization", total, gain, bias, axis=-1, epsilon=EPSILON)

    def thirds(self, states: str) -> list[str]:
        """The states cut in three along their last axis."""
        from onnx import helper

        outputs = [f"{len(self.nodes)}.{part}" for part in range(3)]
        self.nodes.append(helper.make_node("Split", [states], outputs, axis=-1, num_outputs=3))
        return outputs

    def node(self, kind: str, *inputs: str, output: str = "", **settings: Any) -> str:
        """Adds an operator with one output."""
        from onnx import helper

        output = output or str(len(self.nodes))
        self.nodes.append(helper.make_node(kind, inputs, [output], **settings))
        return output

    def constant(self, values: "NDArray[Any]") -> str:
        """Adds numbers that are part of the network."""
        import numpy as np
        from onnx import numpy_helper

        name = f"constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _rounded(
    weights: "NDArray[np.float32]", largest: int
) -> "tuple[NDArray[np.int8], NDArray[np.float32]]":
    """Weights as whole numbers up to ``largest``, and for each column what one of them is worth."""
    import numpy as np

    scales = np.abs(weights).max(axis=0) / largest
    scales[scales == 0] = 1
    return np.rint(weights / scales).astype(np.int8), scales.astype(np.float32)
