"""An exported file laid open: a copy of its graph that gives inner values as outputs too."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime

from s2s_onnx.graph.graphs import body_of
from s2s_onnx.session import first_line, providers, quiet_options
from s2s_onnx.translator import Translator
from s2s_onnx.verification.inside import Inside
from s2s_toolkit.batches import Batch
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import ModelFileError

MEMORY, LOGITS = "memory", "logits"
"""What the assembly calls the encoder's outputs in the graph, and each step's logits in the body of the loop."""
STEP_LOGITS = "step_logits"
FOLDER_OF_WEIGHTS = "session.model_external_initializers_file_folder_path"
"""What onnxruntime calls the place of the weights that don't lie in the graph."""


class ProbedFile:
    """An exported file that shows what it computes for given targets.

    Args:
        file: The file, opened; ModelFileError if its graph lacks what is looked for.
    """

    def __init__(self, file: Translator) -> None:
        self.file = file
        graph = probed(onnx.load(file.path, load_external_data=False), str(file.path)).SerializeToString()
        options = quiet_options()
        options.add_session_config_entry(FOLDER_OF_WEIGHTS, str(file.path.parent))
        self.session = onnxruntime.InferenceSession(graph, options, providers=providers("cpu"))
        given = {value.name for value in self.session.get_outputs()}
        self.names = [name for name in (MEMORY, STEP_LOGITS, "attention") if name in given]

    def __call__(self, pairs: Sequence[Pair], batch: Batch) -> Inside:
        """The inner values, as `LookInside`; the strategy's first row for each source follows the target."""
        sources, targets = zip(*pairs, strict=True)
        found = dict(zip(self.names, self._run(sources, targets, batch.target_in.shape[1]), strict=True))
        memory, logits, attention = found[MEMORY], found[STEP_LOGITS], found.get("attention")
        return Inside(
            memory=memory.reshape(len(pairs), -1, *memory.shape[1:])[:, 0],
            logits=logits.reshape(len(logits), len(pairs), -1, logits.shape[-1])[:, :, 0].swapaxes(0, 1),
            attention=None if attention is None else attention[:, 0],
        )

    def _run(self, sources: Sequence[str], targets: Sequence[str], steps: int) -> list[np.ndarray]:
        lengths = dict.fromkeys(("max_length", "min_length"), np.asarray(steps))  # else who is done is stepped no more
        feed = self.file.reader.feed(sources, targets) | self.file.settings | lengths
        try:
            outputs: list[np.ndarray] = self.session.run(self.names, feed)
        except Exception as error:  # onnxruntime's own classes share no base but Exception
            raise ModelFileError(f"{self.file.path} can't take given targets: {first_line(error)}") from error
        return outputs


def probed(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model with outputs `memory` (B or B·K, S, M) and `step_logits` (T, B·K, V) beside its own.

    Row b·K is that of the b-th source where its target is given as `prefix`.

    Args:
        model: An exported model; it is changed.
        where: Its file, for errors.
    """
    graph = model.graph
    loop = next((node for node in graph.node if node.op_type == "Loop" and LOGITS in _values(body_of(node))), None)
    if loop is None or MEMORY not in _values(graph):
        raise ModelFileError(f"the graph of {where} names no {LOGITS if loop is None else MEMORY!r}; export it again")
    body = body_of(loop)
    body.output.append(onnx.ValueInfoProto(name=LOGITS))  # what a body gives beyond its state, the loop collects
    loop.output.extend([""] * (len(body.output) - 2 - len(loop.output)))
    loop.output.append(STEP_LOGITS)
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in (MEMORY, STEP_LOGITS))
    return model


def _values(graph: onnx.GraphProto) -> set[str]:
    return {name for node in graph.node for name in node.output}
