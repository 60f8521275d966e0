"""What the distributions depend on, and under which licences: from the metadata of what is installed."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "CNRI-Python", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
}  # fmt: skip
"""SPDX's names of the licences that a dependency may have; "BSD" where its metadata doesn't tell which of them."""

NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
}
"""What older metadata calls them."""

UNSAID = {"namex": "Apache-2.0"}
"""Licences of packages whose metadata names none: by the licence file that they bring."""

LONGEST = 60
"""Characters of a licence's name; older metadata may hold its whole text in the place of that."""


def dependencies(name: str, extra: str = "") -> list[Requirement]:
    """What a distribution requires here, or what one of its extras adds to that."""
    found = map(Requirement, distribution(name).requires or ())
    if not extra:
        return [each for each in found if each.marker is None or each.marker.evaluate({"extra": ""})]
    only = [each for each in found if each.marker and not each.marker.evaluate({"extra": ""})]
    return [each for each in only if each.marker and each.marker.evaluate({"extra": extra})]


def extras(name: str) -> list[str]:
    """The extras of a distribution, but for the one that is all of them."""
    return sorted({*(distribution(name).metadata.get_all("Provides-Extra") or ())} - {"all"})


def everything(name: str) -> set[str]:
    """All that comes with a distribution and its extras, and with what comes with it."""
    found: set[tuple[str, str]] = set()
    waiting = [(name, extra) for extra in ("", *extras(name))]
    while waiting:
        wanted = waiting.pop()
        if wanted not in found:
            found.add(wanted)
            for each in dependencies(*wanted):
                waiting += [(canonicalize_name(each.name), extra) for extra in ("", *each.extras)]
    return {package for package, _ in found}


def licence(name: str) -> str:
    """The licence of an installed package, as an SPDX expression where its metadata allows it."""
    return NAMES.get(said := next(_said(distribution(name))), said)


def unknown(expression: str) -> list[str]:
    """The parts of a licence of which none is allowed; of parts that may be chosen from, one has to be."""
    alternatives = [re.split(r" AND ", each) for each in expression.split(" OR ")]
    refused = [[part for part in parts if part.strip("() ") not in ALLOWED] for parts in alternatives]
    return min(refused, key=len)


def _said(package: Distribution) -> Iterator[str]:
    """What its metadata says of its licence, in the order of how exactly it does."""
    about = package.metadata
    yield from filter(None, [about.get("License-Expression")])
    yield from (
        text for text in [about.get("License", "").strip()] if text and len(text) <= LONGEST and "\n" not in text
    )
    classifiers = [each for each in about.get_all("Classifier") or () if each.startswith("License :: ")]
    yield from (each.rpartition(" :: ")[2] for each in classifiers)
    yield UNSAID.get(canonicalize_name(about["Name"]), "unknown")
