"""The built-in tokenizers pass the suite that every plugin's does."""

from s2s_toolkit.testing import TokenizerSuite


class TestCharacters(TokenizerSuite):
    name = "characters"


class TestWords(TokenizerSuite):
    name = "words"


class TestSeparator(TokenizerSuite):
    name = "separator"


class TestTagged(TokenizerSuite):
    name = "tagged"


class TestBpe(TokenizerSuite):
    name = "bpe"
    options = {"size": 70}


class TestUnigram(TokenizerSuite):
    name = "unigram"
    options = {"size": 90}
