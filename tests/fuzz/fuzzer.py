"""Fuzzes one target, guided by coverage: `python -m tests.fuzz.fuzzer NAME CORPUS [OPTIONS]`.

The options are libFuzzer's. It is a process of its own, because the instrumentation of atheris
changes how Python runs.
"""

import sys
from importlib import import_module


def main() -> None:
    """Instrument everything that is imported from here on, and fuzz until the time is over."""
    atheris = import_module("atheris")
    name, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=["collector", "processor", "telemetry"]):
        target = import_module("tests.fuzz.targets").make_targets()[name]
    atheris.Setup([sys.argv[0], *arguments], target.try_out)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
