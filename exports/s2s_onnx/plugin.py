"""What this package offers; importing it imports neither onnx nor onnxruntime."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_exporters() -> list[Component]:
    summary = "one ONNX file: text in, text out, the decoding loop inside"
    return [Component("onnx", ANY, "s2s_onnx.exporter:OnnxExporter", summary)]


@hookimpl
def s2s_encoders() -> list[Component]:
    return [
        Component("gru", "onnx", "s2s_onnx.graph.encoders:GruEncoder", "the GRU operator with sequence lengths"),
        Component("lstm", "onnx", "s2s_onnx.graph.encoders:LstmEncoder", "the LSTM operator with sequence lengths"),
    ]


@hookimpl
def s2s_decoders() -> list[Component]:
    summary = "products with the context once per source"
    return [
        Component("bahdanau", "onnx", "s2s_onnx.graph.decoders:BahdanauDecoder", summary),
        Component("luong", "onnx", "s2s_onnx.graph.decoders:LuongDecoder", summary),
    ]


@hookimpl
def s2s_add_commands() -> list[Component]:
    return [
        Component("verify", ANY, "s2s_onnx.commands.verify:command", "compare an ONNX file with the run it comes from"),
        Component("inspect", ANY, "s2s_onnx.commands.inspect:command", "show what an ONNX file is"),
    ]
