"""The sections of a config; every one has defaults but `[data]`, which says where the pairs are."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from s2s_toolkit.config_paths import FileList, Files, FilesOrTables, Folder, OneOrTwo
from s2s_toolkit.devices import CPU
from s2s_toolkit.normalization import Form

Column = Literal["source", "target", "tags", "ignored"]
"""What a column of a TSV file is."""

SOURCE: Final = "source"
TARGET: Final = "target"
TAGS: Final = "tags"
SOURCE_TARGET: tuple[Column, ...] = (SOURCE, TARGET)

ScheduleName = Literal["constant", "cosine", "inverse_sqrt", "step", "plateau"]

PrecisionName = Literal["fp32", "bf16", "fp16"]


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


class CorpusConfig(Section):
    """`[[data.train]]`: one of several corpora to learn from.

    Attributes:
        files: A TSV file, or two parallel files.
        weight: How often an epoch has each of its pairs, on average.
    """

    files: Files
    weight: float = Field(1.0, gt=0, le=1000)


class DataConfig(Section):
    """`[data]`: a TSV file each, or two parallel files (source, target); to train on, several with weights.

    Paths are relative to the config file.

    Attributes:
        train: What is learned.
        dev: What the best checkpoint is chosen on.
        max_source_length: Symbols of a source at most, EOS not counted.
        max_target_length: Likewise.
        columns: What the columns of TSV files are.
        cache: A folder where the training pairs are kept as ids, to be mapped and not held in memory; "" for none.
        reverse: Whether source and target change places, in the files and in the config.
    """

    train: FilesOrTables[CorpusConfig]
    dev: Files
    max_source_length: int = Field(200, ge=1)
    max_target_length: int = Field(200, ge=1)
    columns: tuple[Column, ...] = SOURCE_TARGET
    cache: Folder = ""
    reverse: bool = False

    @property
    def corpora(self) -> tuple[CorpusConfig, ...]:
        """What is learned, as one or several corpora."""
        given: Any = self.train
        return given if self._has_tables else (CorpusConfig(files=given),)

    @property
    def _has_tables(self) -> bool:
        return isinstance(self.train, tuple) and isinstance(self.train[0], CorpusConfig)

    def with_files(self, change: Callable[[OneOrTwo], OneOrTwo]) -> "DataConfig":
        """The section with other files in the place of each."""
        tables = tuple(each.model_copy(update={"files": change(each.files)}) for each in self.corpora)
        train = tables if self._has_tables else tables[0].files
        return self.model_copy(update={"train": train, "dev": change(self.dev)})

    @field_validator("columns")
    @classmethod
    def _one_of_each(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        counts = {name: columns.count(name) for name in (SOURCE, TARGET, TAGS)}
        if (counts[SOURCE], counts[TARGET]) != (1, 1) or counts[TAGS] > 1:
            raise ValueError("expected 'source' and 'target' once each, and 'tags' at most once")
        return columns


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
    """`[training]`: how long, how fast, what keeps it from overfitting, when to stop.

    Attributes:
        batch_size: Pairs in a batch.
        max_epochs: Passes over the corpus at most.
        max_steps: Steps at most; 0 means no limit but `max_epochs`.
        accumulate: Batches whose gradients are added up before a step.
        learning_rate: Adam's, its greatest.
        schedule: How it changes, see `s2s_toolkit.training.schedules`.
        warmup_steps: Steps over which it rises from zero, under every schedule.
        decay: What "step" and "plateau" multiply it with.
        decay_every: Epochs after which "step" does so each time.
        decay_patience: Validations without a better one after which "plateau" does.
        clip_norm: Greatest norm of the gradient.
        weight_decay: Share of each matrix, times the learning rate, that a step takes away.
        label_smoothing: Share of the target's probability that all symbols get alike.
        word_dropout: Share of source and target symbols that become unknown.
        scheduled_sampling: Share of target symbols read that are the model's own predictions.
        scheduled_sampling_epochs: Epochs over which this share rises from zero.
        moving_average: Decay of the weights' moving average, which is validated and kept; 0 means none.
        metric: What chooses the best checkpoint: "loss" on the dev pairs, or a metric on their greedy translations.
        patience: Validations without a better one before training stops; 0 means never.
        validate_every: Epochs between validations.
        checkpoint_every: Steps between checkpoints inside an epoch; 0 means only at validations.
        skip_bad_batches: Whether to go on without a step whose gradient is not finite.
        keep_best: Of how many of the best validations the weights stay; 1 for the best checkpoint alone.
        device: What it is trained on: "cpu", "cuda", "cuda:1", "mps", or "auto" for an accelerator if there is one.
        devices: How many of these share each batch.
        precision: Of the products of a training step; weights, moments and losses are in 32 bits.
    """

    model_config = ConfigDict(strict=True)  # TOML has types: 'true' is no number
    batch_size: int = Field(64, ge=1)
    max_epochs: int = Field(20, ge=1)
    max_steps: int = Field(0, ge=0)
    accumulate: int = Field(1, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    schedule: ScheduleName = "constant"
    warmup_steps: int = Field(0, ge=0)
    decay: float = Field(0.5, gt=0, lt=1)
    decay_every: int = Field(1, ge=1)
    decay_patience: int = Field(2, ge=1)
    clip_norm: float = Field(1.0, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    word_dropout: float = Field(0.0, ge=0, lt=1)
    scheduled_sampling: float = Field(0.0, ge=0, le=1)
    scheduled_sampling_epochs: int = Field(0, ge=0)
    moving_average: float = Field(0.0, ge=0, lt=1)
    metric: str = "loss"
    patience: int = Field(5, ge=0)
    validate_every: int = Field(1, ge=1)
    checkpoint_every: int = Field(0, ge=0)
    skip_bad_batches: bool = False
    keep_best: int = Field(1, ge=1)
    device: str = CPU
    devices: int = Field(1, ge=1)
    precision: PrecisionName = "fp32"


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
        tied_softmax: The output projection is the target embedding transposed (Press and Wolf 2017).
        tied_embeddings: Source and target share one vocabulary and one embedding.
    """

    embedding_size: int = Field(128, ge=1, strict=True)
    dropout: float = Field(0.0, ge=0, lt=1)
    tied_softmax: bool = Field(False, strict=True)
    tied_embeddings: bool = Field(False, strict=True)
    encoder: PartConfig = PartConfig(name="gru")
    attention: PartConfig = PartConfig(name="additive")
    decoder: PartConfig = PartConfig(name="bahdanau")
