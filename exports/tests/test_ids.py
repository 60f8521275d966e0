"""A file that takes ids, for apps that have their own tokenizer: the same model as the file that takes text."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.graph.interface import FOUND
from s2s_onnx.ids import IdsReader
from s2s_onnx.metadata import KEY
from s2s_onnx.seal import sealed
from s2s_onnx.translator import Translator
from s2s_toolkit.batches import padded
from s2s_toolkit.errors import ModelFileError, UnsupportedError
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import EOS, PAD
from s2s_toolkit.tokenizers import Words
from s2s_toolkit.translation import Translation

Exported = Callable[..., Path]
IDS = {"input": "ids"}
TEXTS = ["abc", "", "g f e d c b a", "hh<pad>zz", "é", "   ", "abcdefg " * 25]  # the last has the greatest length
STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beam_size": 4, "n_best": 3, "length_penalty": 0.7},
    "sample": {"num_samples": 2, "temperature": 1.3, "seed": 7},
}


def assert_same(found: Sequence[Translation], expected: Sequence[Translation]) -> None:
    for one, other in zip(found, expected, strict=True):
        for ours, theirs in zip((one, *one.alternatives), (other, *other.alternatives), strict=True):
            assert (ours.text, ours.symbols, ours.score) == (theirs.text, theirs.symbols, theirs.score)
            assert (ours.source_symbols, ours.alignment) == (theirs.source_symbols, theirs.alignment)
            np.testing.assert_array_equal(ours.token_log_probs, theirs.token_log_probs)
            np.testing.assert_array_equal(ours.attention, theirs.attention)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_ids_give_what_text_gives(exported: Exported, strategy: str) -> None:
    options = STRATEGIES[strategy]
    ids, text = (Translator(exported(strategy, choices=choices, **options)) for choices in (IDS, {}))
    assert_same(ids(TEXTS), text(TEXTS))
    prefixes = ["", "uv w", "x", "für  né né uv", "", "nothing known", "y"]
    assert_same(ids(TEXTS, prefixes, max_length=6), text(TEXTS, prefixes, max_length=6))


def test_inputs_and_outputs(exported: Exported) -> None:
    session = Translator(exported("beam", choices=IDS, n_best=2)).session
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("source_ids", "tensor(int64)", ["B", "S"])
    ]
    optional = {value.name: value.shape for value in session.get_overridable_initializers()}
    assert optional == {"prefix_ids": ["B or 1", "P"], "max_length": [], "min_length": [], "length_penalty": []}
    outputs = {output.name: output.shape for output in session.get_outputs()}
    assert outputs == {name: [2 if axis == "N" else axis for axis in axes] for name, axes in FOUND.items()}


@pytest.fixture(scope="module")
def run_ids(exported: Exported) -> Callable[..., dict[str, np.ndarray]]:
    session = Translator(exported("beam", choices=IDS, n_best=2)).session
    names = [output.name for output in session.get_outputs()]
    return lambda **inputs: dict(zip(names, session.run(names, inputs), strict=True))


def assert_rows_alike(found: dict[str, np.ndarray], row: int, alone: dict[str, np.ndarray]) -> None:
    """One source among others, and by itself: padding apart."""
    np.testing.assert_array_equal(found["lengths"][row], alone["lengths"][0])
    np.testing.assert_allclose(found["scores"][row], alone["scores"][0], atol=1e-5)
    steps, positions = alone["attention"].shape[2:]
    np.testing.assert_array_equal(found["ids"][row, :, :steps], alone["ids"][0])
    np.testing.assert_allclose(found["attention"][row, :, :steps, :positions], alone["attention"][0], atol=1e-5)
    assert not found["attention"][row, :, :, positions:].any()


def test_padding_changes_nothing(run_ids: Callable[..., dict[str, np.ndarray]]) -> None:
    """Sources of length 0, 1 and the longest, whose EOS needs a place beyond all that was given."""
    sources = [[], [4], [5, 6, 7, 8, 9, 4]]
    found = run_ids(source_ids=padded(sources)[0])
    assert found["attention"].shape[3] == 7
    wider = run_ids(source_ids=np.pad(padded(sources)[0], ((0, 0), (0, 3))))
    for row, source in enumerate(sources):
        alone = run_ids(source_ids=np.array([source], np.int64))
        assert alone["attention"].shape[3] == len(source) + 1
        assert_rows_alike(found, row, alone)
        assert_rows_alike(wider, row, alone)


def test_one_prefix_serves_all_sources(run_ids: Callable[..., dict[str, np.ndarray]]) -> None:
    sources, _ = padded([[4, 5], [6], []])
    one, each = (run_ids(source_ids=sources, prefix_ids=np.tile([[6, 4]], (rows, 1))) for rows in (1, 3))
    np.testing.assert_array_equal(one["ids"], each["ids"])
    assert (one["ids"][:, :, :2] == [6, 4]).all()


def test_prefixes_of_different_lengths_are_padded(run_ids: Callable[..., dict[str, np.ndarray]]) -> None:
    sources, prefixes = padded([[4, 5], [6], []])[0], [[6, 4, 9], [], [8]]
    found = run_ids(source_ids=sources, prefix_ids=padded(prefixes)[0])
    for row, prefix in enumerate(prefixes):
        assert (found["ids"][row, :, : len(prefix)] == prefix).all()
    free = run_ids(source_ids=sources)
    np.testing.assert_allclose(found["scores"][1], free["scores"][1], atol=1e-6)


def test_ids_come_without_the_end(run_ids: Callable[..., dict[str, np.ndarray]]) -> None:
    found = run_ids(source_ids=padded([[4, 5], [6], []])[0])
    assert not (found["ids"] == EOS).any()
    after = np.arange(found["ids"].shape[2]) >= found["lengths"][..., None]
    assert ((found["ids"] == PAD) == after).all()


def test_rows_become_one_array() -> None:
    np.testing.assert_array_equal(padded([[4, 5], [], [6]])[0], [[4, 5], [0, 0], [6, 0]])
    assert padded([[], []])[0].shape == (2, 0)
    assert padded([])[0].shape == (0, 0)
    assert padded([[4]])[0].dtype == np.int64


class Halves:
    """A plugin's tokenizer, which no graph knows: it cuts at each "h" and keeps it."""

    separator: str | None = None
    separators: tuple[str, ...] = ("h",)

    def split(self, text: str) -> list[str]:
        return [symbol for part in text.split("h") for symbol in part]

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols)


@pytest.fixture(scope="module")
def of_a_plugin(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as an export with a plugin's source tokenizer would have written it."""
    model = onnx.load(exported("beam", choices=IDS, n_best=2))
    content = json.loads(next(entry.value for entry in model.metadata_props if entry.key == KEY))
    del model.metadata_props[:]
    model.metadata_props.add(
        key=KEY, value=json.dumps(content | {"source_tokenizer": "halves", "source_separators": ["h"]})
    )
    path = tmp_path_factory.mktemp("plugin") / "model.onnx"
    path.write_bytes(sealed(model.SerializeToString()))
    return path


def test_a_tokenizer_of_a_plugin_is_asked_for_by_its_name(of_a_plugin: Path, exported: Exported) -> None:
    made = {"halves": Halves, "words": Words}
    found = Translator(of_a_plugin, make_tokenizer=lambda name: made[name]())(["habhc", "hh"])
    expected = Translator(exported("beam", choices=IDS, n_best=2))(["abc", ""])
    assert_same(found, expected)


def test_without_it_the_file_says_what_it_needs(of_a_plugin: Path) -> None:
    message = r"needs the tokenizer 'halves'; give Translator a make_tokenizer that knows it$"
    with pytest.raises(UnsupportedError, match=message):
        Translator(of_a_plugin)


def test_the_toolkit_finds_tokenizers_itself(exported: Exported, registry: Registry) -> None:
    path = exported("beam", choices=IDS, n_best=2)
    assert_same(open_translator(path, registry)(TEXTS), Translator(path)(TEXTS))


@pytest.mark.parametrize("symbols", [None, "abc", [1, 2], {}])
def test_a_file_without_its_vocabulary_is_refused(exported: Exported, symbols: Any) -> None:
    metadata = Translator(exported("beam", choices=IDS, n_best=2)).metadata | {"target_vocabulary": symbols}
    with pytest.raises(ModelFileError, match=r"^it has damaged metadata \(no target_vocabulary\); export it again$"):
        IdsReader(metadata, "it", None)


def test_normalisation_is_done_before_the_graph(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", source={"normalization": "nfc", "lowercase": True})
    for kind in ("text", "ids"):
        exporter = OnnxExporter(input=kind)
        exporter.export(run, tmp_path / f"{kind}.onnx", registry, framework="", strategy="beam", options={})
    text, ids = (Translator(tmp_path / f"{kind}.onnx")(["ABE\u0301", "abé"]) for kind in ("text", "ids"))
    assert_same(ids, text)
    assert ids[0].source_symbols == ids[1].source_symbols == ("a", "b", "é", "</s>")
