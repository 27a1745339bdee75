"""Print the result of a command on standard output, as sentences or as one JSON object."""

import sys

import msgspec


def print_json(content: object) -> None:
    """Print an object, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content)).decode() + "\n")


def print_result(content: object, text: str, *, as_json: bool) -> None:
    """Print one of two forms of the same result; the text ends without a line break."""
    if as_json:
        print_json(content)
    else:
        sys.stdout.write(f"{text}\n")
