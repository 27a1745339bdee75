"""Metrics of the history, registered at the start although its routes may be loaded later."""

from prometheus_client import CollectorRegistry, Counter


class DownloadMetrics:
    """Counts downloads by outcome."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Counter(
            "flightmonitor_history_downloads",
            "Files by outcome: whole, or aborted because the history could not be read (failed),"
            " the client read too slowly (slow), the file took too long (late), or the right to it"
            " was lost (revoked).",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("whole", "failed", "slow", "late", "revoked"):
            self.ended.labels(outcome)
