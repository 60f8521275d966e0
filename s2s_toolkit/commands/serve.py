"""`s2s serve`: a model as a service over HTTP."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, device_option
from s2s_toolkit.commands.gathering import gathered
from s2s_toolkit.commands.messages import tell, warn
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.registry import Registry
from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.requirements import require_serving

COUNT, SECONDS = click.IntRange(min=1), click.FloatRange(min=0, min_open=True)
LIMITS: dict[str, tuple[click.ParamType, str, str]] = {
    "batch_size": (COUNT, "N", "Texts translated together at most."),
    "max_body": (COUNT, "BYTES", "Of a request; a longer one is answered with 413."),
    "max_texts": (COUNT, "N", "Texts of a request; more are answered with 422."),
    "max_characters": (COUNT, "N", "Of a text, and of a prefix; more are answered with 422."),
    "queue": (COUNT, "N", "Texts that may wait; what finds no room is answered with 503 at once."),
    "timeout": (SECONDS, "SECONDS", "From a request to its answer; after that it is 504."),
    "read_timeout": (SECONDS, "SECONDS", "For a request's head to arrive, and its body; after that it is 408."),
    "requests": (COUNT, "N", "Read or answered at once; one more is answered with 503 at once."),
}


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each limit, as `limits`."""
    command = gathered("limits", Limits)(command)
    for name, (kind, metavar, text) in reversed(LIMITS.items()):
        option, default = f"--{name.replace('_', '-')}", getattr(Limits, name)
        command = click.option(option, type=kind, default=default, show_default=True, metavar=metavar, help=text)(
            command
        )
    return command


@click.command()
@click.argument("model", type=FILE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is every network.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any that is free.")
@click.option(
    "--allowed-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A name it may be asked by beside localhost; by default none, or any where others than this machine reach it.",
)
@limit_options
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    *,
    host: str,
    port: int,
    names: Sequence[str],
    limits: Limits,
    decoding: DecodingRequest,
) -> None:
    """Serve a run directory or an exported file over HTTP, with a page to try it on.

    Requests that arrive together are translated together. POST /translate takes {"texts": ["…"]}; /openapi.json
    describes the rest. Ctrl-C and SIGTERM end it when what was asked is answered, with exit code 0.

    With an exported file, requests may vary its settings; --max-length bounds what they may ask for.
    """
    require_serving()
    from s2s_toolkit.serving.running import serve
    from s2s_toolkit.serving.service import Service

    translator = decoding.open(model, registry, limited=True)
    settings = variable_settings(translator, decoding.options)
    service = Service(translator, model, limits, settings, warn)
    serve(service, host, port, tell, names=[name.lower() for name in names])


def variable_settings(translator: Any, options: dict[str, Any]) -> dict[str, int | float]:
    """What each request may vary, with the values in force: of an exported file its settings, of a run nothing.

    Args:
        translator: Has `defaults` if it takes settings with a call.
        options: What overlays them.
    """
    defaults: dict[str, int | float] = getattr(translator, "defaults", {})
    return {name: type(value)(options.get(name, value)) for name, value in defaults.items()}
