"""How much a service takes on before it says no."""

import math
from dataclasses import dataclass

from s2s_toolkit.errors import ConfigError


@dataclass(frozen=True)
class Limits:
    """What bounds the memory and the time that requests can take.

    Attributes:
        batch_size: Texts translated together at most.
        max_body: Bytes of a request's body.
        max_texts: Texts of a request.
        max_characters: Code points of a text, and of a prefix.
        queue: Texts that may wait; a request whose texts find no room is refused.
        timeout: Seconds from a request's last byte to its answer.
        read_timeout: Seconds that a request's head may take to arrive, its body likewise, and that a client may take
            nothing of an answer.
        requests: Requests to translate that are read or answered at once.
    """

    batch_size: int = 32
    max_body: int = 2**18
    max_texts: int = 64
    max_characters: int = 2000
    queue: int = 1024
    timeout: float = 30.0
    read_timeout: float = 10.0
    requests: int = 256

    def __post_init__(self) -> None:
        for name, seconds in (("timeout", self.timeout), ("read-timeout", self.read_timeout)):
            if not math.isfinite(seconds):
                raise ConfigError(f"--{name} is a number of seconds, given {seconds}")
        if self.max_texts > self.queue:
            raise ConfigError(
                f"a queue of {self.queue} texts never has room for a request of {self.max_texts}; "
                f"lower --max-texts or raise --queue"
            )
