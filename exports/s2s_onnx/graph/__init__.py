"""The graph of an exported model: arrays as graph values, the parts, the decoding loop, what goes in and out."""
