"""The base of every section of settings, and how lists are written in environment variables."""

import yaml
from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Settings below one key of config.yaml: frozen, without unknown keys, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def split_commas(value: object) -> object:
    """Split `a,b` into a list, which is how an environment variable writes one."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def parse_yaml(value: object) -> object:
    """Parse YAML or JSON text, which is how an environment variable writes a structure."""
    return yaml.safe_load(value) if isinstance(value, str) else value
