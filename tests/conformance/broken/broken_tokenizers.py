"""Tokenizers that each fail the test they are called like; the summary is what the failure says."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.tokenizers import Separator, Words


class ListOfSeparators(Separator):
    separators = [" "]


class SaysNothing(Separator):
    def join(self, symbols):
        return super().join(symbols) or "(nothing)"


class EmptySymbols(Separator):
    def split(self, text):
        return text.split(" ")


class JoinsWithoutGaps(Separator):
    separator = ""


class RunsOut(Separator):
    """It cuts nothing off the first text that it sees twice."""

    def __init__(self) -> None:
        self.seen = set()

    def split(self, text):
        symbols = [text] if text and text in self.seen else super().split(text)
        self.seen.add(text)
        return symbols


class KeepsQuietAboutTabs(Words):
    separators = (" ",)


class JoinsWithMore(Separator):
    def join(self, symbols):
        return "  ".join(symbols)


class KeepsCount(Separator):
    """It learns how often it has been taught."""

    state = None
    lessons = []

    def learned(self, texts):
        self.lessons.append(texts)
        return self.restored({"lesson": len(self.lessons)})

    def restored(self, state):
        other = type(self)()
        other.state = dict(state)
        return other


class KeepsItToItself(Separator):
    """It learns the symbols that there are, and forgets them with its state."""

    state = None
    known = frozenset()

    def learned(self, texts):
        other = self.restored({})
        other.known = {symbol for text in texts for symbol in super(KeepsItToItself, self).split(text)}
        return other

    def restored(self, state):
        other = type(self)()
        other.state = dict(state)
        return other

    def split(self, text):
        return [symbol for symbol in super().split(text) if symbol in self.known]


BROKEN = {
    "test_separators_are_strings": (ListOfSeparators, "separators is a list"),
    "test_empty_text_has_no_symbols": (SaysNothing, "no symbols are joined to a text"),
    "test_symbols_are_strings_and_not_empty": (EmptySymbols, "a symbol is a string, not ''"),
    "test_joined_symbols_are_split_again": (JoinsWithoutGaps, "joined and split again are"),
    "test_one_text_has_one_result": (RunsOut, "is cut in two ways"),
    "test_separators_say_where_text_is_cut": (KeepsQuietAboutTabs, "`separators` into"),
    "test_separator_says_how_symbols_are_joined": (JoinsWithMore, "`separator` makes"),
    "test_learning_can_be_repeated": (KeepsCount, "it learns {'lesson'"),
    "test_what_was_learned_is_kept": (KeepsItToItself, "restored from its state, it cuts 'a' into []"),
    "test_exported_file_cuts_alike": (KeepsQuietAboutTabs, "the file cuts"),
    "test_exported_file_joins_alike": (JoinsWithMore, "disagree"),
}


@hookimpl
def s2s_tokenizers():
    return [Component(test, ANY, f"{__name__}:{part.__name__}", said) for test, (part, said) in BROKEN.items()]
