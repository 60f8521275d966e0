"""What a plugin's portable part can't do in the graph is told with the part, the plugin and the line."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from s2s_toolkit.blame import Blamed, blame, is_ours
from s2s_toolkit.errors import PluginError
from s2s_toolkit.registry import Offer

FAILED = "can't be exported"
REMEDY = "a portable part uses xp alone, branches on no array, and knows no size but those that its config fixes"


def traced(part: Any, kind: str, offer: Offer) -> Any:
    """The part, for tracing; what another's raises becomes a PluginError."""
    return part if is_ours(offer.plugin) else Blamed(part, partial(_tracing, kind, offer))


@contextmanager
def _tracing(kind: str, offer: Offer) -> Iterator[None]:
    try:
        yield
    except PluginError:  # of the scorer that a decoder asked
        raise
    except Exception as error:  # whatever a third party's part raises where an array is no array
        raise PluginError(f"{blame(error, kind, offer, FAILED)}; {REMEDY}") from error
