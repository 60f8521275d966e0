"""The parts that come with the core, offered through the same hooks as any plugin's."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_frameworks() -> list[Component]:
    return [
        Component(
            "numpy",
            ANY,
            "s2s_toolkit.reference:NumpyFramework",
            "the reference: runs every portable model, trains none",
        )
    ]


@hookimpl
def s2s_encoders() -> list[Component]:
    return [
        Component(
            "gru", "numpy", "s2s_toolkit.parts.encoders:GruEncoder", "gated recurrent units, one or two directions"
        ),
        Component(
            "lstm", "numpy", "s2s_toolkit.parts.encoders:LstmEncoder", "long short-term memory, one or two directions"
        ),
    ]


@hookimpl
def s2s_attention_scorers() -> list[Component]:
    scorers = {
        "additive": ("AdditiveScorer", "a small network (Bahdanau et al. 2015)"),
        "dot": ("DotScorer", "inner product of equal sizes (Luong et al. 2015)"),
        "general": ("GeneralScorer", "inner product with the projected memory (Luong et al. 2015)"),
        "scaled_dot": ("ScaledDotScorer", "scaled inner product of projections (Vaswani et al. 2017)"),
        "concat": ("ConcatScorer", "one projection of query and memory side by side (Luong et al. 2015)"),
    }
    return [Component(name, ANY, f"s2s_toolkit.parts.scorers:{cls}", text) for name, (cls, text) in scorers.items()]


@hookimpl
def s2s_decoders() -> list[Component]:
    return [
        Component(
            "bahdanau",
            ANY,
            "s2s_toolkit.parts.decoders:BahdanauDecoder",
            "attend, then the cell (Bahdanau et al. 2015)",
        ),
        Component("luong", ANY, "s2s_toolkit.parts.decoders:LuongDecoder", "the cell, then attend (Luong et al. 2015)"),
    ]


@hookimpl
def s2s_decoding_strategies() -> list[Component]:
    return [
        Component("greedy", ANY, "s2s_toolkit.strategies.greedy:Greedy", "the most probable symbol at each step"),
        Component(
            "beam",
            ANY,
            "s2s_toolkit.strategies.beam:BeamSearch",
            "the best few targets at each step, n-best, length penalty",
        ),
        Component(
            "sample", ANY, "s2s_toolkit.strategies.sample:Sample", "draw with temperature, top-k and top-p, from a seed"
        ),
    ]


@hookimpl
def s2s_tokenizers() -> list[Component]:
    return [
        Component("characters", ANY, "s2s_toolkit.tokenizers:Characters", "one symbol for each code point"),
        Component("words", ANY, "s2s_toolkit.tokenizers:Words", "split at white space"),
        Component("separator", ANY, "s2s_toolkit.tokenizers:Separator", "symbols separated by spaces, such as phones"),
        Component(
            "tagged", ANY, "s2s_toolkit.tokenizers:Tagged", "code points and, behind a tab, tags between semicolons"
        ),
        Component("bpe", ANY, "s2s_toolkit.subwords:Bpe", "pieces of words, by byte-pair encoding"),
        Component("unigram", ANY, "s2s_toolkit.subwords:UnigramTokenizer", "pieces of words, the most probable ones"),
    ]


@hookimpl
def s2s_metrics() -> list[Component]:
    metrics = {
        "exact_match": ("edits", "per cent of targets without an error"),
        "wer": ("edits", "per cent of targets with an error (an entry is a word)"),
        "ser": ("edits", "symbol error rate: edits per hundred symbols; PER on phones"),
        "cer": ("edits", "character error rate of the text"),
        "word_edit_rate": ("edits", "edits per hundred words of the text; WER in speech recognition"),
        "bleu": ("by_sacrebleu", "BLEU of the symbols, by sacreBLEU"),
        "sacrebleu": ("by_sacrebleu", "BLEU of the text, by sacreBLEU"),
        "chrf": ("by_sacrebleu", "chrF2 of the text, by sacreBLEU"),
        "ter": ("by_sacrebleu", "translation edit rate of the text, by sacreBLEU"),
    }
    return [Component(name, ANY, f"s2s_toolkit.metrics.{file}:{name}", text) for name, (file, text) in metrics.items()]


@hookimpl
def s2s_exporters() -> list[Component]:
    return [
        Component(
            "safetensors",
            ANY,
            "s2s_toolkit.weights_exporter:SafetensorsExporter",
            "the weights alone, for other programs to load",
        )
    ]


@hookimpl
def s2s_add_commands() -> list[Component]:
    commands = {
        "train": "train a model from a config",
        "find-learning-rate": "suggest a learning rate for a config",
        "tune": "search for better values of a config's keys",
        "vocabulary": "learn tokenizers and vocabularies alone, and show them",
        "compare": "train a config in several frameworks, and compare",
        "average": "make one checkpoint of several",
        "translate": "translate a file or standard input",
        "evaluate": "score a model on pairs of source and target",
        "score": "score a file of outputs, whatever made them",
        "export": "write a trained model as one file",
        "serve": "answer requests over HTTP with a model",
        "plot": "draw the attention of one translation, or learning curves",
        "report": "show a run as one page",
        "plugins": "list, show, check and begin plugins",
        "demo": "train, export and run the built-in task",
    }
    modules = {name: f"s2s_toolkit.commands.{name.replace('-', '_')}" for name in commands}
    return [Component(name, ANY, f"{modules[name]}:command", text) for name, text in commands.items()]
