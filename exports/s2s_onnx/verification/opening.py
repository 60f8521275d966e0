"""Open what an export wrote, to be compared with its model: one file, or the folder of the steps form."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2s_onnx.manifest import read_manifest, stepping_translator
from s2s_onnx.sides import tokenizers_of
from s2s_onnx.stepper import OnnxStepper
from s2s_onnx.translator import Translator
from s2s_onnx.verification.inside import LookInside, inside_of_stepper
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.registry import Registry


@dataclass(frozen=True)
class Opened:
    """An exported model.

    Attributes:
        metadata: What it says of itself.
        translate: Decodes by its own strategy and settings.
        look_inside: Gives its inner values.
    """

    metadata: Mapping[str, Any]
    translate: TextTranslator
    look_inside: LookInside


def open_exported(path: Path, registry: Registry) -> Opened:
    """Open a file or a folder.

    Raises:
        ModelFileError: It does not open, or another version wrote it.
        UnsupportedError: To look into a file, the package onnx is needed and not installed.
    """
    return _open_steps(path, registry) if path.is_dir() else _open_file(path, registry)


def _open_file(path: Path, registry: Registry) -> Opened:
    try:
        from s2s_onnx.verification.probing import ProbedFile
    except ImportError as error:
        raise UnsupportedError(f'verifying needs {error.name}; pip install "s2s-onnx[export]"') from error

    file = Translator(path, max_source_length=sys.maxsize, make_tokenizer=tokenizers_of(registry))
    return Opened(file.metadata, file, ProbedFile(file))


def _open_steps(path: Path, registry: Registry) -> Opened:
    manifest = read_manifest(path)
    stepper = OnnxStepper(path, manifest)
    return Opened(manifest, stepping_translator(stepper, manifest, str(path), registry), inside_of_stepper(stepper))
