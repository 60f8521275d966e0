"""What this package offers; importing it imports no framework."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_frameworks() -> list[Component]:
    return [
        Component("tensorflow", ANY, "s2s_tensorflow.framework:TensorFlowFramework", "TensorFlow: trains and decodes")
    ]


@hookimpl
def s2s_encoders() -> list[Component]:
    return [
        Component(
            "gru", "tensorflow", "s2s_tensorflow.encoders:GruEncoder", "gated recurrent units, one or two directions"
        ),
        Component(
            "lstm", "tensorflow", "s2s_tensorflow.encoders:LstmEncoder", "long short-term memory, one or two directions"
        ),
    ]


@hookimpl
def s2s_decoders() -> list[Component]:
    summaries = {
        "bahdanau": "attend, then the cell (Bahdanau et al. 2015)",
        "luong": "the cell, then attend (Luong et al. 2015)",
    }
    return [
        Component("bahdanau", "tensorflow", "s2s_tensorflow.decoders:BahdanauDecoder", summaries["bahdanau"]),
        Component("luong", "tensorflow", "s2s_tensorflow.decoders:LuongDecoder", summaries["luong"]),
    ]
