"""The command line of translate.py: arguments read and checked, results printed, errors told in one line."""

import re
import sys
from pathlib import Path

import numpy as np

USAGE = """usage: python translate.py MODEL [--SETTING=VALUE]... [TEXT]...
Translates each TEXT, or each line of standard input, with a MODEL that `s2s export` wrote."""

SETTINGS = {  # type, what a value must be, and whether one is: the graph checks nothing
    "max_length": (np.int64, "an integer of at least 1", lambda value: value >= 1),
    "min_length": (np.int64, "an integer of at least 0", lambda value: value >= 0),
    "length_penalty": (np.float32, "a number of at least 0", lambda value: 0 <= value < np.inf),
    "temperature": (np.float32, "a number above 0", lambda value: 0 < value < np.inf),
    "top_k": (np.int64, "an integer of at least 0", lambda value: value >= 0),
    "top_p": (np.float32, "a number above 0 and at most 1", lambda value: 0 < value <= 1),
    "seed": (np.int64, f"an integer from 0 to {2**31 - 1}", lambda value: 0 <= value < 2**31),
}


def main(translate):
    """Print what `translate` yields for the arguments of this process; exit with 2 if something won't do."""
    arguments = sys.argv[1:]
    if "--help" in arguments:
        return print(USAGE)
    if not arguments:
        sys.exit(fail(USAGE))
    try:
        path, settings, texts = read(arguments)
        for text, score in translate(path, settings, texts or (line.rstrip("\n") for line in sys.stdin)):
            print(f"{text}\t{score:.6f}")
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        reason = str(error).rpartition(" : ")[2]  # behind onnxruntime's name and number for it
        sys.exit(fail(f"translate.py: {reason.partition(chr(10))[0]}"))


def fail(message):
    """Say what was wrong; the exit code for it."""
    print(message, file=sys.stderr)
    return 2


def read(arguments):
    """Path, settings by name, and texts."""
    settings, rest = {}, []
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if not argument.startswith("--"):
            rest.append(argument)
            continue
        name, equals, text = argument[2:].partition("=")
        if not equals:
            value = following if re.fullmatch(r"(?!--)\S+", following) else "VALUE"
            raise ValueError(f"--{name} has no value; write --{name}={value}")
        settings[name] = value_of(name, text)
    if not rest:
        raise ValueError("MODEL is missing; --help shows where it stands")
    path, *texts = rest
    if not Path(path).is_file():
        found = "is a folder" if Path(path).is_dir() else "does not exist"
        raise ValueError(f"MODEL must be a file that `s2s export` wrote; {path!r} {found}")
    return path, settings, texts


def value_of(name, text):
    """The value of a setting, if it may have it; one that only its plugin knows stays as it is."""
    if name not in SETTINGS:
        return text
    type_, what, fits = SETTINGS[name]
    try:
        with np.errstate(over="ignore"):
            value = type_(text)
    except (ValueError, OverflowError):
        value = None
    if value is None or not fits(value):
        raise ValueError(f"--{name} must be {what}, given {text!r}")
    return value
