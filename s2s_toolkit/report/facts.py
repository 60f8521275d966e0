"""What was trained, on what, and how long it took."""

import json
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import tomli_w

import s2s_toolkit
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Paths, split_pairs
from s2s_toolkit.errors import DataError
from s2s_toolkit.loading import Decoding
from s2s_toolkit.observers import Validation
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Facts:
    """What the page says of a run beside its results.

    Attributes:
        groups: Title -> names and values.
        config: The whole config as TOML, without `[observers]`, which may hold what is secret.
        made_with: What computed the page.
    """

    groups: dict[str, Rows]
    config: str
    made_with: str


def facts_of(
    run: Run,
    registry: Registry,
    *,
    framework: str,
    model: FrameworkModel,
    decoding: Decoding,
    validations: Sequence[Validation],
) -> Facts:
    """Everything there is to know; training pairs that are no longer there are said to be missing."""
    groups = {
        "Data": _data(run),
        "Model": _model(run, model),
        "Training": _training(run, validations),
        "Decoding": [("strategy", decoding.name), *_options(decoding.fixed | decoding.settings)],
    }
    config = tomli_w.dumps(run.config.model_dump(mode="json", exclude={"observers"}))
    return Facts(groups, config, made_with(registry, framework))


def summary_of(run: Run, model: FrameworkModel) -> str:
    """What the model is, as the beginning of a sentence."""
    config, size = run.config.model, sum(weight.size for weight in model.weights().values())
    parts = f"{config.decoder.name} decoder, {config.attention.name} attention, {config.encoder.name} encoder"
    return f"{parts[0].upper()}{parts[1:]}: {size:,} weights in {run.config.framework}"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def names_of(*corpora: Paths) -> str:
    """The names of corpora, each a file of pairs or two files."""
    return ", ".join(path.name for paths in corpora for path in (paths if isinstance(paths, tuple) else (paths,)))


def made_with(registry: Registry, *frameworks: str) -> str:
    """The versions at hand; a framework's is that of the distribution with its name, where there is one."""
    parts = [f"s2s-toolkit {s2s_toolkit.__version__}"]
    for framework in frameworks:
        offer = registry.find_offer("framework", framework)
        if offer.plugin != parts[0].split()[0]:
            parts.append(f"{offer.distribution} {offer.version}")
        try:
            parts.append(f"{framework} {version(framework)}")
        except PackageNotFoundError:
            parts.append(framework)
    return ", ".join([*parts, f"Python {platform.python_version()}"])


def _data(run: Run) -> Rows:
    data, rows = run.config.data, []
    for name, corpora in (("training pairs", [each.files for each in data.corpora]), ("dev pairs", [data.dev])):
        rows.append((name, f"{_count(run, corpora)} in {names_of(*corpora)}"))
    for name, side, text in (("source", run.source, run.config.source), ("target", run.target, run.config.target)):
        how = [text.tokenizer_part.name, *filter(None, [text.normalization.upper(), "lower case" * text.lowercase])]
        rows.append((name, f"{len(side.vocabulary):,} symbols; {', '.join(how)}"))
    return rows


def _count(run: Run, corpora: Sequence[Paths]) -> str:
    """How many pairs training takes from corpora, which are read one after the other and not kept."""
    split = (split_pairs(paths, run.source, run.target, data=run.config.data) for paths in corpora)
    try:
        usable = Counter(not pair.skipped for pairs in split for pair in pairs)
    except DataError:
        return "no longer there"
    return f"{usable[True]:,}" + (f" ({usable[False]:,} skipped)" if usable[False] else "")


def _model(run: Run, model: FrameworkModel) -> Rows:
    config, sizes = run.config.model, Counter[str]()
    for name, weight in model.weights().items():
        sizes[name.partition(".")[0]] += weight.size
    rows = [("weights", f"{sizes.total():,}")]
    rows += [("of these", ", ".join(f"{part} {size:,}" for part, size in sizes.most_common()))]
    for kind in ("encoder", "attention", "decoder"):
        part = getattr(config, kind).model_dump(mode="json")
        options = ", ".join(f"{name} {_said(value)}" for name, value in part.items() if name != "name")
        rows.append((kind, ", ".join(filter(None, [part["name"], options]))))
    return [*rows, ("embeddings", str(config.embedding_size)), ("dropout", _said(config.dropout))]


def _training(run: Run, validations: Sequence[Validation]) -> Rows:
    last = validations[-1]
    best = max((v.epoch for v in validations if v.best), default=last.epoch)
    about = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    return [
        ("framework", run.config.framework),
        ("toolkit", str(about.get("toolkit", "unknown"))),
        ("seed", str(run.config.seed)),
        ("epochs", f"{last.epoch}; the best is {best}, by {last.metric}"),
        ("steps", f"{last.step:,}"),
        ("time", f"{duration(last.seconds)}, {last.tokens_per_second:,.0f} target symbols/s"),
        *_options(run.config.training.model_dump(mode="json", exclude={"max_epochs", "metric"})),
    ]


def _options(options: dict[str, object]) -> Rows:
    return [(name.replace("_", " "), _said(value)) for name, value in options.items()]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
