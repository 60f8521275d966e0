"""What would bring a part that is missing: installing a plugin, loading a file, no longer leaving a plugin out."""

from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, version

from s2s_toolkit.distributions import ONLY

EXTRAS: Mapping[str, Mapping[str, str]] = {
    "framework": {"s2s-torch": '"s2s-toolkit[torch]"', "s2s-tensorflow": '"s2s-toolkit[tensorflow]"'},
    "exporter": {"s2s-onnx": '"s2s-toolkit[onnx-export]"'},
    "training observer": {"s2s-tensorboard": "s2s-tensorboard", "s2s-mlflow": "s2s-mlflow"},
}
"""Kind -> plugin that the core comes without -> what to give to pip."""


def ways_to_more(kind: str, present: Collection[str], left_out: Collection[str]) -> list[str]:
    """Where other parts of a kind may come from.

    Args:
        kind: The kind of part.
        present: The plugins that were loaded, or failed.
        left_out: The installed plugins that `ONLY` leaves out.
    """
    ways = [f"{ONLY} leaves out {', '.join(sorted(left_out))}"] if left_out else []
    absent = [given for plugin, given in EXTRAS.get(kind, {}).items() if plugin not in {*present, *left_out}]
    return ways + ([f"more come with pip install {' or '.join(absent)}"] if absent else [])


def way_to(plugin: str, wanted: str, failed: Collection[str], left_out: Collection[str]) -> str:
    """What to do where a part of a known plugin is missing.

    Args:
        plugin: A distribution, or the name of a file.
        wanted: The version that had the part; a file has none.
        failed: The plugins that failed to load.
        left_out: The installed plugins that `ONLY` leaves out.
    """
    if plugin.endswith(".py"):
        return f"load it with --plugin .../{plugin}"
    if plugin in failed:
        return "it is installed, and failed to load"
    if plugin in left_out:
        return f"it is installed, and {ONLY} leaves it out"
    try:
        installed = version(plugin)
    except PackageNotFoundError:
        return f"pip install {plugin}"
    return f"version {installed} is installed, which has none; pip install {plugin}=={wanted}"
