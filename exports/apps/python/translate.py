"""Translate with a file that `s2s export` wrote: python translate.py MODEL [--SETTING=VALUE]... [TEXT]..."""

import json
import sys

import numpy as np
import onnxruntime

TYPES = {"tensor(string)": np.dtype(object), "tensor(int64)": np.dtype(np.int64), "tensor(float)": np.dtype(np.float32)}


def translate(path, settings, texts):
    """The best text and its score for each text, one after the other."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # else one warning for each input that has a default
    session = onnxruntime.InferenceSession(path, options)
    defaults = json.loads(session.get_modelmeta().custom_metadata_map["s2s_toolkit"])["settings"]
    types = {i.name: TYPES[i.type] for i in (*session.get_inputs(), *session.get_overridable_initializers())}
    del types["source"]
    if unknown := settings.keys() - types.keys():
        raise ValueError(f"no setting {min(unknown)!r}; {path} has: {', '.join(sorted(types))}")
    values = {"prefix": "", **defaults, **settings}
    feed = {n: np.array([values[n]] if t.kind == "O" else values[n], t) for n, t in types.items()}
    for text in texts:
        found, scores = session.run(["text", "scores"], {**feed, "source": np.array([text], object)})
        yield found[0, 0], scores[0, 0]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    path, *rest = sys.argv[1:]
    given = dict(argument[2:].partition("=")[::2] for argument in rest if argument.startswith("--"))
    texts = [argument for argument in rest if not argument.startswith("--")] or (
        line.rstrip("\n") for line in sys.stdin
    )
    try:
        for text, score in translate(path, given, texts):
            print(f"{text}\t{score:.6f}")
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        print(f"translate.py: {error}", file=sys.stderr)
        sys.exit(2)
