"""A real Apache Kafka that denies by default: TLS with client certificates, SCRAM and tokens."""

import datetime as dt
import json
import os
import ssl
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

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
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from standalone.child import User
from standalone.database import free_port
from testkit.certificates import Authority
from testkit.kafka import Kafka
from testkit.server import HOST
from testkit.token_server import AUDIENCE, ISSUER, TokenServer
from testkit.waiting import wait_until

PASSWORD = "the right one"  # noqa: S105 - of a broker that lives for a test
SECRET = "secret of a client"  # noqa: S105 - the same

_ADMIN_SECONDS = 10.0
_LOGINS = "org.apache.kafka.common.security"
_DAY = dt.timedelta(days=1)

_PROPERTIES = """\
listeners=PLAINTEXT://{host}:{port},SSL://{host}:{tls_port},SASL_SSL://{host}:{sasl_port},\
CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},SSL://{host}:{tls_port},SASL_SSL://{host}:{sasl_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.allow.san.changes=true
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
ssl.principal.mapping.rules=RULE:^CN=([^,]+)$/$1/,DEFAULT
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={logins}.scram.ScramLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=\
{logins}.oauthbearer.OAuthBearerLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class=\
{logins}.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.jwks.endpoint.url={tokens}/jwks
listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.expected.audience={audience}
listener.name.sasl_ssl.oauthbearer.sasl.oauthbearer.expected.issuer={issuer}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""

Binding = TypeVar("Binding", AclBinding, AclBindingFilter)


class Right(NamedTuple):
    """One operation on one topic or group, or on all that begin with the name."""

    kind: ResourceType
    name: str
    operation: AclOperation
    is_prefix: bool = False

    def binding(self, sort: type[Binding], user: str) -> Binding:
        """Return the rule that permits it to a user from every host."""
        pattern = ResourcePatternType.PREFIXED if self.is_prefix else ResourcePatternType.LITERAL
        allow = AclPermissionType.ALLOW
        return sort(self.kind, self.name, pattern, f"User:{user}", "*", self.operation, allow)


class SecureKafka(Kafka):
    """One broker with an authorizer; a client of the open listener is its superuser.

    `SSL` needs a client certificate, whose common name is the user. `SASL_SSL` takes SCRAM-SHA-512
    and tokens of `tokens`, whose subject is the user. Both have the certificate of `authority`.

    Args:
        users: The users that exist, in each of the three ways.
    """

    def __init__(self, users: Iterable[str]) -> None:
        super().__init__()
        self._users = tuple(users)
        self._tls_port, self._sasl_port = free_port(), free_port()
        self._owner = User(os.geteuid(), os.getegid())
        self._stack = ExitStack()
        self.tokens = TokenServer(dict.fromkeys(self._users, SECRET))
        self.authority = Authority.create("brokers")
        self.ca_file = self.authority.write(self.folder / "ca.pem")
        self.issue_certificate()
        for user in self._users:
            self.authority.issue(self.folder, owner=self._owner, name=user, subject=user)

    def __enter__(self) -> Self:
        self._stack.enter_context(self.tokens)
        super().__enter__()
        self._make_users()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(exc_type, exc, traceback)
        self._stack.close()

    def issue_certificate(self, *, ends_in: dt.timedelta = _DAY, host: str = HOST) -> None:
        """Write another certificate of the broker, which `reload_certificate` puts into use."""
        self.authority.issue(self.folder, owner=self._owner, ends_in=ends_in, host=host)
        parts = [(self.folder / f"server.{suffix}").read_bytes() for suffix in ("key", "crt")]
        (self.folder / "server.pem").write_bytes(b"".join(parts))

    def reload_certificate(self) -> None:
        """Let both listeners read their file again, and wait until they have; sessions stay."""
        resource = ConfigResource(ConfigResource.Type.BROKER, "1")
        for listener in ("ssl", "sasl_ssl"):
            entry = ConfigEntry(
                f"listener.name.{listener}.ssl.keystore.location",
                f"{self.folder}/server.pem",
                incremental_operation=AlterConfigOpType.SET,
            )
            resource.add_incremental_config(entry)
        admin = self.admin()  # kept, because requests end with their client
        _wait(admin.incremental_alter_configs([resource]).values())
        # The controller answers before the broker has carried the change out.
        wait_until(
            self._shows_certificate, timeout_s=_ADMIN_SECONDS, what="both listeners' certificate"
        )

    def _shows_certificate(self) -> bool:
        certificate = (self.folder / "server.crt").read_text().strip()
        shown = (
            ssl.get_server_certificate((HOST, port)) for port in (self._tls_port, self._sasl_port)
        )
        return all(each.strip() == certificate for each in shown)

    def admin(self) -> AdminClient:
        """Return an admin client that may do everything."""
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def by_certificate(self, user: str | None) -> dict[str, str]:
        """Return the environment of a service that shows the certificate of a user, or none."""
        properties = {
            "ssl.certificate.location": f"{self.folder}/{user}.crt",
            "ssl.key.location": f"{self.folder}/{user}.key",
        }
        return {
            **self._environment(self._tls_port, "SSL"),
            "KAFKA_PROPERTIES": as_yaml(properties if user else {}),
        }

    def by_password(self, user: str, password: str = PASSWORD) -> dict[str, str]:
        """Return the environment of a service that logs in by SCRAM-SHA-512."""
        return {
            **self._environment(self._sasl_port, "SASL_SSL"),
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD": password,
        }

    def by_token(self, user: str, secret: object = SECRET) -> dict[str, str]:
        """Return the environment of a service that shows tokens.

        Args:
            user: The id of the client at the token server.
            secret: Its secret, or `{"file": PATH}`.
        """
        properties = {
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.client.id": user,
            "sasl.oauthbearer.client.secret": secret,
            "sasl.oauthbearer.token.endpoint.url": f"{self.tokens.url}/token",
        }
        return {
            **self._environment(self._sasl_port, "SASL_SSL"),
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_PROPERTIES": as_yaml(properties),
        }

    def grant(self, user: str, right: Right) -> None:
        """Give a user one right."""
        admin = self.admin()
        _wait(admin.create_acls([right.binding(AclBinding, user)]).values())

    def revoke(self, user: str, right: Right) -> None:
        """Take one right from a user."""
        admin = self.admin()
        _wait(admin.delete_acls([right.binding(AclBindingFilter, user)]).values())

    def _environment(self, port: int, protocol: str) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{port}",
            "KAFKA_SECURITY_PROTOCOL": protocol,
            "KAFKA_SSL_CA_FILE": str(self.ca_file),
        }

    def _make_users(self) -> None:
        how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        wanted: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(user, how, PASSWORD.encode()) for user in self._users
        ]
        admin = self.admin()
        _wait(admin.alter_user_scram_credentials(wanted).values())

    def _more_java_options(self) -> tuple[str, ...]:
        return (f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.tokens.url}/jwks",)

    def _more_properties(self) -> str:
        return _PROPERTIES.format(
            host=HOST,
            port=self.port,
            tls_port=self._tls_port,
            sasl_port=self._sasl_port,
            controller_port=self._controller_port,
            folder=self.folder,
            logins=_LOGINS,
            tokens=self.tokens.url,
            audience=AUDIENCE,
            issuer=ISSUER,
        )


def as_yaml(properties: dict[str, Any]) -> str:
    """Return properties as the environment variable KAFKA_PROPERTIES holds them."""
    return json.dumps(properties)


def _wait(futures: Iterable[Future[Any]]) -> None:
    for future in futures:
        future.result(_ADMIN_SECONDS)
