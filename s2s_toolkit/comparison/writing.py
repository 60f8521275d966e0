"""What a comparison leaves in its folder: the page, the picture and the figures."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w

from s2s_toolkit.comparison.diagrams import in_step_diagrams, save_diagrams, trained_diagrams
from s2s_toolkit.comparison.in_step import InStep
from s2s_toolkit.comparison.listings import listings
from s2s_toolkit.comparison.page import Content, render
from s2s_toolkit.comparison.texts import DifferentText
from s2s_toolkit.comparison.trained import Trained, same_graph
from s2s_toolkit.config import Config
from s2s_toolkit.files import atomic_path
from s2s_toolkit.registry import Registry
from s2s_toolkit.report.embedded_fonts import embedded_fonts
from s2s_toolkit.report.facts import made_with

PAGE, PICTURE, FIGURES = "compare.html", "compare.png", "compare.json"


def write_comparison(
    folder: Path,
    config: Config,
    registry: Registry,
    *,
    name: str,
    in_step: InStep,
    trained: Sequence[Trained] = (),
    different: Sequence[DifferentText] = (),
    num_different: int = 0,
) -> dict[str, Any]:
    """Write all three files, each of which appears whole; the figures are returned as well."""
    frameworks = in_step.frameworks
    content = Content(
        name=name,
        summary=_summary(config),
        frameworks=frameworks,
        in_step=in_step,
        trained=trained,
        different=different,
        num_different=num_different,
        listings=listings(config, frameworks, registry),
        config=tomli_w.dumps(config.model_dump(mode="json", exclude={"observers"})),
        made_with=made_with(registry, *frameworks),
        fonts=embedded_fonts(text for each in different for text in each.shown),
    )
    found = figures(in_step, trained, num_different=num_different)
    diagrams = [*in_step_diagrams(in_step), *(trained_diagrams(trained) if trained else [])]
    save_diagrams(diagrams, folder / PICTURE)
    for file, text in ((PAGE, render(content)), (FIGURES, f"{json.dumps(found, ensure_ascii=False)}\n")):
        with atomic_path(folder / file) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return found


def figures(in_step: InStep, trained: Sequence[Trained], *, num_different: int) -> dict[str, Any]:
    """Everything that was measured, for a program."""
    found: dict[str, Any] = {
        "in_step": {
            "losses": in_step.losses,
            "largest": {
                side: {quantity: asdict(each) for quantity, each in in_step.largest(side).items()}
                for side in in_step.differences
            },
            "differences": {
                side: {quantity: [asdict(each) for each in all_of_them] for quantity, all_of_them in quantities.items()}
                for side, quantities in in_step.differences.items()
            },
        }
    }
    if trained:
        found["trained"] = {each.measured.framework: _trained(each) for each in trained}
        found["same_graph"] = same_graph(trained)
        found["decoded_differently"] = num_different
    return found


def _trained(trained: Trained) -> dict[str, Any]:
    measured = {**vars(trained.measured)}
    validations = [asdict(each) for each in measured.pop("validations")]
    exported = asdict(trained.exported) if trained.exported else None
    return {
        **measured,
        "run": str(trained.measured.run),
        "tokens_per_second": trained.measured.tokens_per_second,
        "validations": validations,
        "scores": trained.scores,
        "export": exported,
    }


def _summary(config: Config) -> str:
    model = config.model
    parts = f"{model.decoder.name} decoder, {model.attention.name} attention, {model.encoder.name} encoder"
    return f"{parts[0].upper()}{parts[1:]}"
