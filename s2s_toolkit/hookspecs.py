"""The hooks: one for each kind of part. Each returns records; `docs/plugin_hooks.md` has an example for every one."""

from collections.abc import Iterable

import pluggy

from s2s_toolkit.components import Component

PROJECT = "s2s_toolkit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def s2s_frameworks() -> Iterable[Component]:
    """Offer frameworks: what builds, trains and runs a model."""


@hookspec
def s2s_encoders() -> Iterable[Component]:
    """Offer encoders: what turns the embedded source into a memory."""


@hookspec
def s2s_attention_scorers() -> Iterable[Component]:
    """Offer attention scorers: how well does a decoder state match each encoder position?"""


@hookspec
def s2s_decoders() -> Iterable[Component]:
    """Offer decoders: what produces the target, one position after the other."""


@hookspec
def s2s_decoding_strategies() -> Iterable[Component]:
    """Offer decoding strategies: which of the possible targets is chosen?"""


@hookspec
def s2s_tokenizers() -> Iterable[Component]:
    """Offer tokenizers: how is text cut into symbols and put together again?"""


@hookspec
def s2s_metrics() -> Iterable[Component]:
    """Offer metrics: how well do translations match their references?"""


@hookspec
def s2s_exporters() -> Iterable[Component]:
    """Offer exporters: a format that `s2s export --format NAME` writes and `s2s translate` opens by its suffix."""


@hookspec
def s2s_add_commands() -> Iterable[Component]:
    """Add commands to `s2s`; the target is a click command."""


@hookspec
def s2s_training_observers() -> Iterable[Component]:
    """Offer training observers: who is told of each step, validation and checkpoint, such as an experiment tracker?"""
