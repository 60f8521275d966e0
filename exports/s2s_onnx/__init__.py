"""Export s2s-toolkit models to one ONNX file and run that file with onnxruntime."""
