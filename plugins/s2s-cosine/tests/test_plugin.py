"""The plugin is known by its entry point, and needs no framework for it."""

import subprocess
import sys

from s2s_toolkit.registry import Registry

WITHOUT_FRAMEWORKS = """
import sys

frameworks = ("torch", "tensorflow", "keras")
sys.modules.update(dict.fromkeys(frameworks))  # importing one fails, as if it were not installed

from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.model import build_parts
from s2s_toolkit.plugins import load_registry

registry = load_registry()
config = ModelConfig.model_validate(
    {"encoder": {"name": "gru"}, "attention": {"name": "cosine", "size": 7}, "decoder": {"name": "luong"}}
)
print(type(build_parts(config, registry, "numpy").scorer).__module__)
print(type(make_strategy("diverse_beam", {"beam_size": 4, "num_groups": 2}, registry)).__module__)
print("s2s-cosine" in registry.failures)
"""


def test_each_framework_gets_its_own_scorer(registry: Registry) -> None:
    found = {
        framework: registry.find("attention scorer", "cosine", framework).target.partition(":")[0]
        for framework in ("numpy", "onnx", "torch", "tensorflow")
    }
    assert found == {
        "numpy": "s2s_cosine.scorer",
        "onnx": "s2s_cosine.scorer",
        "torch": "s2s_cosine.torch_scorer",
        "tensorflow": "s2s_cosine.keras_scorer",
    }


def test_portable_parts_work_where_no_framework_is_installed() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_FRAMEWORKS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["s2s_cosine.scorer", "s2s_cosine.diverse_beam", "False"]
