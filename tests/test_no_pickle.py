"""Nothing that our code reads can run a program: no pickle, nothing that is built on it, no text that becomes code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {"benchmarks/speed/joeynmt_weights.py: torch.save"}
"""A checkpoint for JoeyNMT, which reads no other kind."""

MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "read_pickle"}
METHODS = {
    "torch": {"load", "save", "package"},
    "yaml": {"load", "load_all", "full_load", "unsafe_load"},
    "models": {"load_model"},
    "saving": {"load_model"},
    "keras": {"load_model"},
    "pandas": {"read_pickle"},
    "pd": {"read_pickle"},
}
"""Name before the dot -> what may not follow it."""


def dangers(source: str) -> Iterator[str]:
    """What of some Python may run what it reads."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                yield from [module] * (module.partition(".")[0] in MODULES)
                last = "" if module.startswith("safetensors.") else module.rpartition(".")[2]
                yield from (f"{last}.{name.name}" for name in names if name.name in METHODS.get(last, ()))
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Attribute(value=ast.Name(id=before) | ast.Attribute(attr=before), attr=name):
                yield from [f"{before}.{name}"] * (name in METHODS.get(before, ()))
            case ast.keyword(arg="allow_pickle", value=value) if ast.unparse(value) != "False":
                yield "allow_pickle"
            case ast.keyword(arg="weights_only", value=value) if ast.unparse(value) != "True":
                yield "weights_only"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", ["pickle"]),
        ("from joblib.externals import loky", ["joblib.externals"]),
        ("np.load(path, allow_pickle=True)", ["allow_pickle"]),
        ("torch.load(path, weights_only=False)", ["torch.load", "weights_only"]),
        ("keras.models.load_model(path)", ["models.load_model"]),
        ("from yaml import load", ["yaml.load"]),
        ("eval(text)", ["eval"]),
        ("from safetensors.torch import load", []),
        ("model.eval(); np.load(path); yaml.safe_load(text)  # no pickle", []),
    ],
)
def test_what_runs_code_is_found(source: str, found: list[str]) -> None:
    assert sorted(dangers(source)) == sorted(found)


def test_none_of_our_code_runs_what_it_reads() -> None:
    ours = [path for path in sorted(ROOT.rglob("*.py")) if _is_ours(path.relative_to(ROOT))]
    assert len(ours) > 300
    found = {f"{path.relative_to(ROOT)}: {what}" for path in ours for what in dangers(path.read_text(encoding="utf-8"))}
    assert found == ALLOWED


def _is_ours(path: Path) -> bool:
    """Whether a file is neither a test's nor somebody else's."""
    return not any(part in ("tests", "build", "dist", "shared") or part.startswith(".") for part in path.parts)
