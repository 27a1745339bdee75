"""The rights in Kafka that the table of docs/security.md lists."""

import re
from typing import NamedTuple

from confluent_kafka.admin import AclOperation, ResourceType  # type: ignore[attr-defined]

from testkit.secure_kafka import Right
from testkit.services import ROOT

_ROW = re.compile(
    r"^\| `([a-z -]+)` \| `(\w+)` \| (topic|group|groups)(?: `([a-z-]+)`)? \| (.+) \|$",
    re.MULTILINE,
)
_OPERATIONS = {
    "Create": AclOperation.CREATE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
}


class Row(NamedTuple):
    """One row of the table of rights in docs/security.md."""

    command: str
    operation: str
    kind: str
    name: str
    consequence: str

    @property
    def user(self) -> str:
        """A user that has the rights of this command only."""
        return self.command.replace("processor ", "").replace("--", "").replace(" ", "-")

    def right(self, topic: str) -> Right:
        """Return the right on this topic, or on the group that has the topic's name here."""
        kind = ResourceType.TOPIC if self.kind == "topic" else ResourceType.GROUP
        is_prefix = self.kind == "groups"
        name = self.name if is_prefix else topic + self.name
        return Right(kind, name, _OPERATIONS[self.operation], is_prefix)


ROWS = [Row(*found) for found in _ROW.findall((ROOT / "docs/security.md").read_text())]
USERS = sorted({row.user for row in ROWS})
