"""Translate with a file that `s2s export` wrote: the graph decodes, numpy and onnxruntime are all it needs."""

import json

import numpy as np
import onnxruntime

TYPES = {"tensor(string)": np.dtype(object), "tensor(int64)": np.dtype(np.int64), "tensor(float)": np.dtype(np.float32)}


def translate(path, settings, texts):
    """The best text and its score for each text, one after the other; ValueError if the file or a setting won't do."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # else onnxruntime warns about inputs with defaults and what it folded
    session = onnxruntime.InferenceSession(path, options)
    metadata = session.get_modelmeta().custom_metadata_map
    if "s2s_toolkit" not in metadata:
        raise ValueError(f"{path} is not a file that `s2s export` wrote for translating")
    types = {i.name: TYPES[i.type] for i in (*session.get_inputs(), *session.get_overridable_initializers())}
    if types.pop("source", None) is None:
        raise ValueError(f"{path} takes ids, not text; export it with --input text")
    if unknown := settings.keys() - types.keys():
        raise ValueError(f"no setting {min(unknown)!r}; {path} has: {', '.join(sorted(types))}")
    values = {"prefix": "", **json.loads(metadata["s2s_toolkit"])["settings"], **settings}
    feed = {n: np.array([values[n]] if t.kind == "O" else values[n], t) for n, t in types.items()}
    for text in texts:
        found, scores = session.run(["text", "scores"], {**feed, "source": np.array([text], object)})
        yield found[0, 0], scores[0, 0]


if __name__ == "__main__":
    from command_line import main  # what a program on the command line owes its user; an app needs none of it

    main(translate)
