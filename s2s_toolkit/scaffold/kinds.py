"""The kinds of part that a package can be written for, and what differs between their packages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Kind:
    """What a new part of one kind is called, what it does, and how it is used.

    Attributes:
        summary: What the part does, for `s2s plugins list` and the README.
        noun: How its class's name ends; in lower case, what an object that is no class is called.
        language: Whether `use` is a piece of a config or of a shell's input.
        use: How the part is used; `$name` stands for its name.
        suite: The conformance suite that its test inherits; without one, the kind has a test of its own.
        tested_with: The options in that test, where the defaults would make it slow.
    """

    summary: str
    noun: str
    language: Literal["toml", "sh"]
    use: str
    suite: str = ""
    tested_with: str = ""

    def target(self, words: str) -> str:
        """What the part is called in its module, `words` being its own name."""
        return self.noun if self.noun.islower() else words.removesuffix(self.noun) + self.noun


KINDS: Mapping[str, Kind] = {
    "attention scorer": Kind(
        "inner product with the projected memory, over a temperature",
        "Scorer",
        "toml",
        '[model.attention]\nname = "$name"\ntemperature = 0.5',
        "AttentionScorerSuite",
    ),
    "encoder": Kind(
        "each symbol together with its two neighbours",
        "Encoder",
        "toml",
        '[model.encoder]\nname = "$name"\nsize = 128',
        "EncoderSuite",
        '{"size": 7}',
    ),
    "decoder": Kind(
        "one plain recurrent layer, which attends with its new state",
        "Decoder",
        "toml",
        '[model.decoder]\nname = "$name"\nsize = 128',
        "DecoderSuite",
        '{"size": 7}',
    ),
    "decoding strategy": Kind(
        "greedy search to which a symbol right after itself is worth less",
        "Search",
        "toml",
        '[decoding]\nstrategy = "$name"\nrepeat_penalty = 2.0',
        "DecodingStrategySuite",
    ),
    "tokenizer": Kind(
        "symbols separated by hyphens, such as syllables",
        "Tokenizer",
        "toml",
        '[target]\ntokenizer = "$name"',
        "TokenizerSuite",
    ),
    "metric": Kind(
        "per cent of symbols that hypothesis and reference share, in any order",
        "metric",
        "toml",
        '[training]\nmetric = "$name"',
        "MetricSuite",
    ),
    "exporter": Kind(
        "a run directory in one zip file, computed by the numpy reference",
        "Exporter",
        "sh",
        "s2s export RUN --format $name --deflate -o model.$name\ns2s translate model.$name sources.txt",
        "ExporterSuite",
    ),
    "training observer": Kind(
        "a CSV file with a line for each validation",
        "Observer",
        "toml",
        '[observers.$name]\nfile_name = "validations.csv"',
    ),
    "command": Kind(
        "list the weights of a run, the largest first",
        "command",
        "sh",
        "s2s $name RUN --limit 5",
    ),
}
"""Kind of part -> what its package is made of; its templates have the kind's name."""
