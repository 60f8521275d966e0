"""Text to ids and ids to text inside the graph, with operators that every onnxruntime has."""

from s2s_onnx.text.reading import prefix_graph, reading_graph
from s2s_onnx.text.writing import writing_graph

__all__ = ["prefix_graph", "reading_graph", "writing_graph"]
