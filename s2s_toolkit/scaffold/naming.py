"""One name, as typed, and all that is called after it."""

import keyword
import re
from dataclasses import dataclass

from s2s_toolkit.errors import S2SError

PREFIX = "s2s-"
MAX_LENGTH = 24
"""Of a name; with more, lines of the package would be longer than 120."""

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TAKEN = "plugin"
"""The package's own module, beside the part's."""


@dataclass(frozen=True)
class Names:
    """What the parts of a package are called; S2SError where the name can't be used for all of them.

    Attributes:
        part: What a config or the command line calls the part: the name as typed.
    """

    part: str

    def __post_init__(self) -> None:
        if self.part.startswith((PREFIX, "s2s_")):
            raise S2SError(f"the package's name begins with {PREFIX} by itself; give the part's, {self.part[4:]!r}")
        if not _NAME.fullmatch(self.part) or len(self.part) > MAX_LENGTH:
            raise S2SError(
                "a name has lower-case letters, digits and single dashes or underscores between them, begins with a "
                f"letter and is at most {MAX_LENGTH} characters long, as my-scorer; given {self.part!r}"
            )
        if keyword.iskeyword(self.module) or self.module == _TAKEN:
            raise S2SError(f"{self.part!r} can't name a Python module; choose another name")

    @property
    def module(self) -> str:
        """The module that holds the part."""
        return self.part.replace("-", "_")

    @property
    def package(self) -> str:
        """What is imported."""
        return f"s2s_{self.module}"

    @property
    def distribution(self) -> str:
        """What pip installs."""
        return PREFIX + self.part.replace("_", "-")

    @property
    def words(self) -> str:
        """The name as the beginning of a class's."""
        return "".join(word.capitalize() for word in self.module.split("_"))
