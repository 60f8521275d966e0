"""The sections of a config; every one has defaults but `[data]`, which says where the pairs are."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from s2s_toolkit.config_paths import FileList, Files
from s2s_toolkit.normalization import Form


class Section(BaseModel):
    """A section that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartConfig(BaseModel):
    """A section that names a part; its other keys are the options of that part, checked by the part itself."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The keys beside `name`."""
        return dict(self.__pydantic_extra__ or {})


def _name_or_part(value: Any) -> Any:
    if isinstance(value, str | PartConfig) or (isinstance(value, dict) and isinstance(value.get("name"), str)):
        return value
    raise ValueError("expected a name, or a section with a name")


NameOrPart = Annotated[str | PartConfig, BeforeValidator(_name_or_part)]
"""A part by its name alone, or a section that gives it options too."""


class DataConfig(Section):
    """`[data]`: a TSV file each, or two parallel files (source, target).

    Paths are relative to the config file.
    """

    train: Files
    dev: Files
    max_source_length: int = Field(200, ge=1)
    max_target_length: int = Field(200, ge=1)


class TextConfig(Section):
    """`[source]` and `[target]`: how text becomes symbols.

    Attributes:
        tokenizer: What cuts the text: a name, or a section with the options of the tokenizer that it names.
        normalization: What Unicode form the text is brought to before.
        lowercase: Whether it is lower-cased before, code point by code point.
        min_frequency: Symbols that occur less often are unknown.
        max_size: Symbols at most; 0 means all.
        vocabulary: A folder with what the side would learn otherwise: a run, or what `s2s vocabulary` wrote.
    """

    model_config = ConfigDict(strict=True)  # TOML has types: 'true' is no number
    tokenizer: NameOrPart = "characters"
    normalization: Form = ""
    lowercase: bool = False
    min_frequency: int = Field(1, ge=1)
    max_size: int = Field(0, ge=0)
    vocabulary: str = ""

    @property
    def tokenizer_part(self) -> PartConfig:
        """The tokenizer and its options."""
        return PartConfig(name=self.tokenizer) if isinstance(self.tokenizer, str) else self.tokenizer


class TrainingConfig(Section):
    """`[training]`: how long, how fast, when to stop.

    Attributes:
        batch_size: Pairs in a batch.
        max_epochs: Passes over the corpus at most.
        learning_rate: Adam's, at the start.
        schedule: "constant", or "cosine": down to zero at the last epoch (Loshchilov and Hutter 2017, no restarts).
        clip_norm: Greatest norm of the gradient.
        metric: What chooses the best checkpoint: "loss" on the dev pairs, or a metric on their greedy translations.
        patience: Validations without a better one before training stops; 0 means never.
        validate_every: Epochs between validations.
    """

    model_config = ConfigDict(strict=True)  # TOML has types: 'true' is no number
    batch_size: int = Field(64, ge=1)
    max_epochs: int = Field(20, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["constant", "cosine"] = "constant"
    clip_norm: float = Field(1.0, gt=0)
    metric: str = "loss"
    patience: int = Field(5, ge=0)
    validate_every: int = Field(1, ge=1)


class DecodingConfig(BaseModel):
    """`[decoding]`: a strategy; its other keys are the options of that strategy."""

    model_config = ConfigDict(extra="allow", frozen=True)
    strategy: str = "beam"
    max_length: int = Field(100, ge=1, strict=True)
    min_length: int = Field(0, ge=0, strict=True)

    @property
    def options(self) -> dict[str, Any]:
        """The keys beside `strategy`, `max_length` and `min_length`."""
        return dict(self.__pydantic_extra__ or {})


class PluginsConfig(Section):
    """`[plugins]`: what is loaded beside the installed plugins.

    Attributes:
        files: Python files, each a plugin; paths are relative to the config file.
    """

    files: FileList = ()


class ModelConfig(Section):
    """The model's part of a config.

    Attributes:
        embedding_size: Of source and target symbols, E.
        dropout: Share of values dropped from the embeddings while training.
    """

    embedding_size: int = Field(128, ge=1, strict=True)
    dropout: float = Field(0.0, ge=0, lt=1)
    encoder: PartConfig = PartConfig(name="gru")
    attention: PartConfig = PartConfig(name="additive")
    decoder: PartConfig = PartConfig(name="bahdanau")
