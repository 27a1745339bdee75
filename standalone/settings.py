"""The settings of both services together, as standalone checks and passes them on."""

from collector.settings import CollectorSettings
from processor.settings import ProcessorSettings


class AllSettings(CollectorSettings, ProcessorSettings):
    """Every setting of `config.yaml`."""
