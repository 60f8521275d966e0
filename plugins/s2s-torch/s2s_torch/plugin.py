"""What this package offers; importing it imports no framework."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_frameworks() -> list[Component]:
    return [Component("torch", ANY, "s2s_torch.framework:TorchFramework", "PyTorch: trains and decodes")]


@hookimpl
def s2s_encoders() -> list[Component]:
    return [
        Component("gru", "torch", "s2s_torch.encoders:GruEncoder", "gated recurrent units, one or two directions"),
        Component("lstm", "torch", "s2s_torch.encoders:LstmEncoder", "long short-term memory, one or two directions"),
    ]


@hookimpl
def s2s_decoders() -> list[Component]:
    return [
        Component(
            "bahdanau", "torch", "s2s_torch.decoders:BahdanauDecoder", "attend, then the cell (Bahdanau et al. 2015)"
        ),
        Component("luong", "torch", "s2s_torch.decoders:LuongDecoder", "the cell, then attend (Luong et al. 2015)"),
    ]
