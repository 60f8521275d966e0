"""yoyodyne in training: its own data module, model and trainer, which are only looked at."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback
from yoyodyne.data import DataModule
from yoyodyne.models import SoftAttentionGRUModel
from yoyodyne.models.modules import GRUEncoder
from yoyodyne.special import PAD_IDX
from yoyodyne.trainers import Trainer

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory


class Clock(Callback):
    """Times the steps after the first ones, from the end of one to the end of the last."""

    def __init__(self, warm: int) -> None:
        self.warm, self.watch = warm, Stopwatch()
        self.tokens = self.all_tokens = 0

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        tokens = int((batch.target.tensor != PAD_IDX).sum())
        self.all_tokens += tokens
        if batch_idx >= self.warm:
            self.tokens += tokens
            self.measured = (*self.watch.stop(), peak_memory())
        elif batch_idx == self.warm - 1:
            self.watch.start()


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """One pass over the prepared pairs; see `benchmarks.speed.training` for the options.

    A process of its own reads the pairs, as always with yoyodyne; its time on the processor and its memory are not in
    the result.
    """
    clock = Clock(options["warm"])
    with TemporaryDirectory() as place:
        train = str(Path(options["folder"]) / "train.tsv")
        data = DataModule(
            model_dir=place,
            train=train,
            source_sep=" ",
            target_sep=" ",
            tie_embeddings=False,
            batch_size=options["batch_size"],
        )
        model = make_model(options["shape"], data)
        trainer = Trainer(
            accelerator="cpu",
            max_epochs=1,
            gradient_clip_val=1.0,
            limit_val_batches=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[clock],
            default_root_dir=place,
        )
        trainer.fit(model, data)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    yield Measured(clock.tokens, *clock.measured, facts={"parameters": parameters, "target tokens": clock.all_tokens})


def make_model(shape: Mapping[str, Any], data: DataModule) -> SoftAttentionGRUModel:
    """`benchmarks.speed.shape.Shape`, in yoyodyne's words."""
    sizes = {"embedding_size": shape["embedding"], "hidden_size": shape["hidden"], "dropout": shape["dropout"]}
    return SoftAttentionGRUModel(
        source_encoder=GRUEncoder(**sizes, layers=1, bidirectional=True),
        embedding_size=shape["embedding"],
        decoder_hidden_size=shape["hidden"],
        decoder_layers=1,
        decoder_dropout=shape["dropout"],
        target_vocab_size=data.target_vocab_size,
        vocab_size=data.vocab_size,
        compute_accuracy=False,
    )
