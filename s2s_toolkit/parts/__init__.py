"""The built-in parts, framework-neutral: options, sizes, weights and the reference calculation of each.

Scorers and decoders are portable: the same lines run on numpy and become the ONNX graph. `s2s_torch` and
`s2s_tensorflow` hold native twins of encoders and decoders for training speed; tests hold them to these.
"""
