"""A part's options are the keyword-only, typed arguments of its constructor; here they are read and passed."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from s2s_toolkit.errors import ConfigError


def create_part(part: Any, *sizes: int, options: Mapping[str, Any], where: str, beside: Sequence[str] = ()) -> Any:
    """Call a part's constructor with the sizes that the pipeline gives and the options from a config.

    Args:
        part: The class; its positional arguments are sizes, its keyword-only arguments are options.
        sizes: What the pipeline gives.
        options: What the config says; unknown names and wrong types are refused.
        where: The config section, for the error message.
        beside: Keys of that section that are no options, for the error message too.
    """
    from s2s_toolkit.validation import check_options  # its pydantic takes longer to import than a model file to open

    checked = check_options(part, options, where, beside)
    _require_sizes(part, len(sizes))
    try:
        return part(*sizes, **checked)
    except ValueError as error:
        raise ConfigError(f"[{where}] {error}") from error


def _require_sizes(part: Any, count: int) -> None:
    """TypeError, which is the plugin's mistake, where a constructor takes others than so many sizes."""
    parameters = inspect.signature(part).parameters.values()
    sizes = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if 0 < count < len(sizes) and sizes[count].default is not inspect.Parameter.empty:
        raise TypeError(f"its option {sizes[count].name!r} can't be set by name alone; put `*` before it")
    signature = inspect.Signature([p for p in parameters if p.kind is not p.KEYWORD_ONLY])
    try:
        signature.bind(*range(count))
    except TypeError as error:
        given = f"{count} size{'s' * (count != 1)}"
        raise TypeError(
            f"its constructor takes {inspect.signature(part)}, and is given {given} and its options by name"
        ) from error


def needs_nothing(part: Any) -> bool:
    """Whether a part's constructor can be called without any size and option."""
    try:
        inspect.signature(part).bind()
    except (TypeError, ValueError):
        return False
    return True


def option_parameters(part: Any) -> dict[str, inspect.Parameter]:
    """Name -> parameter of each option."""
    parameters = inspect.signature(part, eval_str=True).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
