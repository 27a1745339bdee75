"""Read config.yaml and the environment into the settings of one service."""

import os
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ConfigDict, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, YamlConfigSettingsSource

from configuration.errors import SettingsError, explain, fields_below, place_of
from configuration.shared_sections import (
    AccessSettings,
    HttpSettings,
    KafkaSettings,
    LogSettings,
    SecuritySettings,
    TracingSettings,
)

SECTIONS = frozenset(
    {
        *("kafka", "http", "access", "security", "tracing", "log"),
        *("opensky",),
        *("database", "archive", "history", "live", "sse", "page"),
    }
)
"""All sections of config.yaml: those of both services, of the collector, of the processor. One file
serves both, so each service passes over the sections of the other and refuses any other name."""


class ServiceSettings(BaseSettings):
    """The sections that every service reads; a service adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")  # type: ignore[assignment]

    kafka: KafkaSettings = KafkaSettings()
    http: HttpSettings = HttpSettings()
    access: AccessSettings = AccessSettings()
    security: SecuritySettings = SecuritySettings()
    tracing: TracingSettings = TracingSettings()
    log: LogSettings = LogSettings()


Loaded = TypeVar("Loaded", bound=ServiceSettings)


class _EnvironmentSource(PydanticBaseSettingsSource):
    """`SECTION_KEY` variables that are not empty.

    Variables of other programs, such as `KAFKA_HEAP_OPTS`, are passed over.
    """

    def get_field_value(self, _field: object, field_name: str) -> tuple[Any, str, bool]:
        values = {
            key: os.environ[name]
            for key in fields_below(self.settings_cls, [field_name])
            if os.environ.get(name := f"{field_name}_{key}".upper())
        }
        return values, field_name, False

    def __call__(self) -> dict[str, Any]:
        names = self.settings_cls.model_fields
        values = {name: self.get_field_value(None, name)[0] for name in names}
        return {name: section for name, section in values.items() if section}


class _FileSource(YamlConfigSettingsSource):
    """config.yaml without the sections of the other service."""

    def __call__(self) -> dict[str, Any]:
        others = SECTIONS.difference(self.settings_cls.model_fields)
        return {name: section for name, section in super().__call__().items() if name not in others}


def load_settings(kind: type[Loaded], config_file: Path | None = None) -> Loaded:
    """Read the defaults, over them the file, over that the environment.

    Args:
        kind: The settings of the service that is started.
        config_file: By default `config.yaml` in the current folder, if there is one.

    Raises:
        SettingsError: Naming every key at fault, its value and what is allowed.
    """
    if config_file is not None and not config_file.is_file():
        raise SettingsError(f"{config_file}: no such file; --config takes a config.yaml's path")

    class _Sourced(kind):  # type: ignore[valid-type, misc]
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_args: object, **_sources: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            yaml_file = config_file or Path("config.yaml")
            return (
                _EnvironmentSource(settings_cls),
                _FileSource(settings_cls, yaml_file=yaml_file),
            )

    try:
        return _Sourced()
    except ValidationError as error:
        raise SettingsError("\n".join(explain(kind, item) for item in error.errors())) from None
    except yaml.YAMLError as error:
        raise SettingsError(f"config.yaml is not YAML: {place_of(error)}") from None
