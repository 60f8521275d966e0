"""Text to ids and ids to text inside the graph, with operators that every onnxruntime has.

`com.microsoft.Tokenizer` splits, `ai.onnx.ml.LabelEncoder` looks up, a loop of `StringConcat` joins. They are written
with `onnx.helper`, since spox has no operator of onnxruntime's own domain, and inlined into the assembly.
"""

import re
from typing import Any

import onnx
from onnx import TensorProto, helper

from s2s_onnx.opset import IR_VERSION, OPSETS
from s2s_toolkit.symbols import EOS, PAD, SPECIAL, UNK
from s2s_toolkit.text import TextSide

NO_SYMBOL = "  "
"""What the tokenizer pads with: two spaces, which no tokenizer of ours takes for a symbol."""


Constants = dict[str, tuple[list[int], list[Any]]]
"""Name -> shape and values."""


def reading_graph(source: TextSide) -> onnx.ModelProto:
    """source (B,) -> source_ids (B, S) with EOS, source_lengths (B,) that count it, source_symbols (B, S)."""
    symbols = source.vocabulary.symbols
    separators = [re.escape(separator) for separator in source.tokenizer.separators]  # the operator takes expressions
    nodes = [
        helper.make_node(
            "Tokenizer",
            ["source"],
            ["tokens"],
            domain="com.microsoft",
            mark=0,
            mincharnum=1,
            pad_value=NO_SYMBOL,
            separators=separators,
        ),
        helper.make_node("Shape", ["source"], ["rows"]),
        helper.make_node("Concat", ["rows", "one"], ["column"], axis=0),
        helper.make_node(
            "LabelEncoder",
            ["tokens"],
            ["token_ids"],
            domain="ai.onnx.ml",
            keys_strings=[NO_SYMBOL, *symbols[len(SPECIAL) :]],
            values_int64s=[PAD, *range(len(SPECIAL), len(symbols))],
            default_int64=UNK,
        ),
        # one column more, for the EOS of the longest source
        helper.make_node("Expand", ["pad", "column"], ["pads"]),
        helper.make_node("Concat", ["token_ids", "pads"], ["padded_ids"], axis=1),
        helper.make_node("Expand", ["no_symbol", "column"], ["no_symbols"]),
        helper.make_node("Concat", ["tokens", "no_symbols"], ["padded_tokens"], axis=1),
        helper.make_node("Equal", ["padded_ids", "pad"], ["is_pad"]),
        helper.make_node("Cast", ["is_pad"], ["pad_counts"], to=TensorProto.INT64),
        helper.make_node("CumSum", ["pad_counts", "axis"], ["pads_so_far"]),
        helper.make_node("Equal", ["pads_so_far", "one"], ["is_end"]),
        helper.make_node("Where", ["is_end", "eos", "padded_ids"], ["source_ids"]),
        helper.make_node("Where", ["is_pad", "nothing", "padded_tokens"], ["real_tokens"]),
        helper.make_node("Where", ["is_end", "eos_symbol", "real_tokens"], ["source_symbols"]),
        helper.make_node("Equal", ["source_ids", "pad"], ["is_padding"]),
        helper.make_node("Not", ["is_padding"], ["is_real"]),
        helper.make_node("Cast", ["is_real"], ["real_counts"], to=TensorProto.INT64),
        helper.make_node("ReduceSum", ["real_counts", "one"], ["source_lengths"], keepdims=0),
    ]
    constants: Constants = {
        "one": ([1], [1]),
        "axis": ([], [1]),
        "pad": ([1, 1], [PAD]),
        "eos": ([], [EOS]),
        "no_symbol": ([1, 1], [NO_SYMBOL]),
        "nothing": ([], [""]),
        "eos_symbol": ([], [SPECIAL[EOS]]),
    }
    inputs = [_value("source", TensorProto.STRING, ["B"])]
    outputs = [
        _value("source_ids", TensorProto.INT64, ["B", "S"]),
        _value("source_lengths", TensorProto.INT64, ["B"]),
        _value("source_symbols", TensorProto.STRING, ["B", "S"]),
    ]
    return _model("read", nodes, inputs, outputs, constants)


def writing_graph(target: TextSide) -> onnx.ModelProto:
    """ids (B, N, T), PAD after the end, and lengths (B, N) -> text (B, N), symbols (B, N, T) with EOS."""
    symbols = target.vocabulary.symbols
    written = [SPECIAL[UNK], *symbols[len(SPECIAL) :]]
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["ids"],
            ["pieces"],
            domain="ai.onnx.ml",
            keys_int64s=[UNK, *range(len(SPECIAL), len(symbols))],
            values_strings=written,
            default_string="",
        ),
        helper.make_node("Shape", ["ids"], ["shape"]),
        helper.make_node("Gather", ["shape", "last"], ["steps"]),
        helper.make_node("Range", ["zero", "steps", "step"], ["position"]),
        helper.make_node("Unsqueeze", ["lengths", "two"], ["ends"]),
        helper.make_node("Equal", ["position", "ends"], ["is_end"]),
        helper.make_node("Where", ["is_end", "eos_symbol", "pieces"], ["symbols"]),
        helper.make_node("Greater", ["position", "zero"], ["is_later"]),
        helper.make_node("Less", ["position", "ends"], ["is_inside"]),
        helper.make_node("And", ["is_later", "is_inside"], ["is_separated"]),
        helper.make_node("Where", ["is_separated", "separator", "nothing"], ["separators"]),
        helper.make_node("StringConcat", ["separators", "pieces"], ["parts"]),
        helper.make_node("Shape", ["lengths"], ["results"]),
        helper.make_node("Expand", ["empty", "results"], ["start"]),
        helper.make_node("Loop", ["steps", "true", "start"], ["text"], body=_joining_body()),
    ]
    constants: Constants = {
        "last": ([], [2]),
        "zero": ([], [0]),
        "step": ([], [1]),
        "two": ([1], [2]),
        "eos_symbol": ([], [SPECIAL[EOS]]),
        "separator": ([], [target.tokenizer.separator]),
        "nothing": ([], [""]),
        "empty": ([1, 1], [""]),
        "true": ([], [True]),
    }
    inputs = [_value("ids", TensorProto.INT64, ["B", "N", "T"]), _value("lengths", TensorProto.INT64, ["B", "N"])]
    outputs = [
        _value("text", TensorProto.STRING, ["B", "N"]),
        _value("symbols", TensorProto.STRING, ["B", "N", "T"]),
    ]
    return _model("write", nodes, inputs, outputs, constants)


def _joining_body() -> onnx.GraphProto:
    """Append the parts of one position to the texts so far."""
    nodes = [
        helper.make_node("Gather", ["parts", "number"], ["part"], axis=2),
        helper.make_node("StringConcat", ["so_far", "part"], ["longer"]),
        helper.make_node("Identity", ["go"], ["go_on"]),
    ]
    inputs = [
        _value("number", TensorProto.INT64, []),
        _value("go", TensorProto.BOOL, []),
        _value("so_far", TensorProto.STRING, ["B", "N"]),
    ]
    outputs = [_value("go_on", TensorProto.BOOL, []), _value("longer", TensorProto.STRING, ["B", "N"])]
    return helper.make_graph(nodes, "join", inputs, outputs)


def _model(
    name: str,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: Constants,
) -> onnx.ModelProto:
    tensors = [_constant(constant, *content) for constant, content in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)


def _constant(name: str, shape: list[int], values: list[Any]) -> onnx.TensorProto:
    kinds = {str: TensorProto.STRING, bool: TensorProto.BOOL, int: TensorProto.INT64}
    content: Any = [value.encode() if isinstance(value, str) else value for value in values]
    return helper.make_tensor(name, kinds[type(values[0])], shape, content)


def _value(name: str, kind: int, shape: list[str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
