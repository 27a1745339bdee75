"""Measures the data of the JavaScript of a page in a heap snapshot of Chromium."""

import json
from typing import Any

from playwright.sync_api import CDPSession

DATA = frozenset(
    {
        *("object", "closure", "array", "number", "bigint", "symbol", "regexp"),
        *("string", "concatenated string", "sliced string"),
    }
)
"""Kinds of nodes that a page makes. The others are the engine's: compiled code, for one, which it
makes and throws away as it likes, also for the scripts that measure."""


def data_bytes(session: CDPSession) -> int:
    """Return the bytes of objects, arrays, texts and closures that are not garbage."""
    chunks: list[str] = []

    def take(event: dict[str, str]) -> None:
        chunks.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", take)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", take)
    return _sum(json.loads("".join(chunks)))


def _sum(heap: Any) -> int:  # noqa: ANN401 - JSON
    meta, nodes = heap["snapshot"]["meta"], heap["nodes"]
    fields, kinds = meta["node_fields"], meta["node_types"][0]
    types = nodes[fields.index("type") :: len(fields)]
    sizes = nodes[fields.index("self_size") :: len(fields)]
    return sum(size for kind, size in zip(types, sizes, strict=True) if kinds[kind] in DATA)
