"""A real Apache Kafka that also listens with passwords and with TLS, and knows who may do what."""

import subprocess
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from configuration.shared_sections import KafkaSettings
from kafka_client.topic_policy import read_topic
from standalone.database import free_port
from testkit.kafka import Kafka
from testkit.server import HOST
from testkit.waiting import wait_until

USER = "flights"
PASSWORD = "the right one"  # noqa: S105 - of a broker that lives for a test

_ADMIN_SECONDS = 10.0

Binding = TypeVar("Binding", AclBinding, AclBindingFilter)

_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"

_PROPERTIES = """\
listeners=PLAINTEXT://{host}:{port},SASL_PLAINTEXT://{host}:{sasl_port},SSL://{host}:{tls_port},\
CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},SASL_PLAINTEXT://{host}:{sasl_port},\
SSL://{host}:{tls_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={login} required user_{user}="{password}";
listener.name.ssl.ssl.keystore.type=PEM
listener.name.ssl.ssl.keystore.location={key_and_certificate}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
connections.max.idle.ms={idle_ms}
"""

IDLE_MILLISECONDS = 3_000
"""Ten minutes are Kafka's default."""


class GuardedKafka(Kafka):
    """One broker with three listeners: one open, one with a password, one with TLS.

    A client without a password may do everything, so that a test can prepare what it needs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sasl_port, self._tls_port = free_port(), free_port()
        self._password = PASSWORD
        self.ca_file = self.folder / "ca.pem"
        self.other_ca_file = self.folder / "other-ca.pem"

    def change_password(self, password: str) -> None:
        """Let the broker know another one, as after a rotation; it is started again for that."""
        written = self._properties.read_text()
        old, self._password = self._password, password
        self._properties.write_text(written.replace(f'"{old}"', f'"{password}"'))
        self.restart()

    def deny(
        self, kind: ResourceType, name: str, operation: AclOperation = AclOperation.READ
    ) -> None:
        """Take one right from the user: to read a topic or to be of a group, if not another."""
        all_but_one = [
            _permission(AclBinding, kind, name, AclOperation.ALL, AclPermissionType.ALLOW),
            _permission(AclBinding, kind, name, operation, AclPermissionType.DENY),
        ]
        admin = self.admin()  # kept, because requests end with their client
        _wait(admin.create_acls(all_but_one).values())
        denial = _permission(AclBindingFilter, kind, name, operation, AclPermissionType.DENY)
        wait_until(
            lambda: bool(admin.describe_acls(denial).result(_ADMIN_SECONDS)),
            timeout_s=_ADMIN_SECONDS,
            what=f"the broker does not know yet that {name} is denied",
        )

    def permit(
        self, kind: ResourceType, name: str, operation: AclOperation = AclOperation.READ
    ) -> None:
        """Give that right back."""
        denial = _permission(AclBindingFilter, kind, name, operation, AclPermissionType.DENY)
        admin = self.admin()
        _wait(admin.delete_acls([denial]).values())

    def alter_topic(self, name: str, **config: str) -> None:
        """Set settings of a topic, dots written as underscores, and wait until they are shown."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        wanted = {key.replace("_", "."): value for key, value in config.items()}
        for key, value in wanted.items():
            entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            resource.add_incremental_config(entry)
        admin = self.admin()
        _wait(admin.incremental_alter_configs([resource]).values())
        wait_until(
            lambda: wanted.items() <= _config_of(admin, name).items(),
            timeout_s=_ADMIN_SECONDS,
            what=f"the broker does not show {wanted} yet",
        )

    def admin(self) -> AdminClient:
        """Give an admin client that may do everything."""
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def with_password(self, password: str = PASSWORD, **changes: object) -> KafkaSettings:
        """Return settings of a client that shows a password."""
        return KafkaSettings.model_validate(
            {
                "bootstrap_servers": f"{HOST}:{self._sasl_port}",
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "sasl_username": USER,
                "sasl_password": password,
                **changes,
            }
        )

    def with_tls(self, ca_file: Path, **changes: object) -> KafkaSettings:
        """Return settings of a client that believes a certificate authority."""
        return KafkaSettings.model_validate(
            {
                "bootstrap_servers": f"{HOST}:{self._tls_port}",
                "security_protocol": "SSL",
                "ssl_ca_file": ca_file,
                **changes,
            }
        )

    def _more_properties(self) -> str:
        certificate = _certify(self.folder, self.ca_file)
        _certify(self.folder / "other", self.other_ca_file)
        return _PROPERTIES.format(
            host=HOST,
            port=self.port,
            sasl_port=self._sasl_port,
            tls_port=self._tls_port,
            controller_port=self._controller_port,
            login=_LOGIN,
            user=USER,
            password=self._password,
            idle_ms=IDLE_MILLISECONDS,
            key_and_certificate=certificate,
        )


def _permission(
    binding: type[Binding],
    kind: ResourceType,
    name: str,
    operation: AclOperation,
    permission: AclPermissionType,
) -> Binding:
    who = f"User:{USER}"
    return binding(kind, name, ResourcePatternType.LITERAL, who, "*", operation, permission)


def _config_of(admin: AdminClient, topic: str) -> dict[str, str]:
    try:
        return dict(read_topic(admin, topic).config or {})
    except KafkaException:  # not shown yet
        return {}


def _wait(futures: Iterable[Future[object]]) -> None:
    for future in futures:
        future.result(_ADMIN_SECONDS)


def _certify(folder: Path, ca_file: Path) -> Path:
    """Make a certificate authority; return a file with a server's key and certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key, request, both = (
        folder / name for name in ("ca.key", "server.key", "server.csr", "server.pem")
    )
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName=IP:{HOST}\n")
    _openssl(
        "req",
        "-x509",
        "-nodes",
        *_KEY,
        "-days",
        "2",
        "-subj",
        "/CN=A test's CA",
        "-keyout",
        ca_key,
        "-out",
        ca_file,
    )
    _openssl("req", "-nodes", *_KEY, "-subj", "/CN=kafka", "-keyout", key, "-out", request)
    signing = ("-CA", ca_file, "-CAkey", ca_key, "-CAcreateserial", "-days", "2")
    _openssl("x509", "-req", "-in", request, *signing, "-extfile", extensions, "-out", both)
    both.write_text(key.read_text() + both.read_text())
    return both


_KEY = ("-newkey", "rsa:2048")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
