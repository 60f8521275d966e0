"""Where and how onnxruntime runs a file."""

from collections.abc import Callable
from pathlib import Path

import onnxruntime
import pytest

from s2s_onnx.session import first_line, open_session, providers
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry

Exported = Callable[..., Path]
HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_cpu_is_what_is_used_unless_told_otherwise(exported: Exported, device: str) -> None:
    assert open_session(exported(), device=device).get_providers() == ["CPUExecutionProvider"]


@pytest.mark.skipif(HAS_CUDA, reason="this onnxruntime can use CUDA")
def test_without_cuda_the_error_names_the_package(exported: Exported, registry: Registry) -> None:
    message = "^this onnxruntime can't use CUDA; pip uninstall onnxruntime, then pip install onnxruntime-gpu$"
    with pytest.raises(UnsupportedError, match=message):
        Translator(exported(), device="cuda")
    with pytest.raises(UnsupportedError, match=message):
        open_translator(exported(), registry, device="cuda")


@pytest.mark.skipif(not HAS_CUDA, reason="this onnxruntime can't use CUDA")
def test_with_cuda_the_cpu_does_the_rest() -> None:
    assert providers("cuda") == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_an_unknown_device_is_refused(exported: Exported) -> None:
    with pytest.raises(UnsupportedError, match=r"^there is no device 'gpu'; use auto, cpu or cuda$"):
        Translator(exported(), device="gpu")


def test_the_number_of_threads_is_kept(exported: Exported) -> None:
    assert open_session(exported(), num_threads=2).get_session_options().intra_op_num_threads == 2


def test_an_error_in_one_line() -> None:
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError()) == "ValueError"
