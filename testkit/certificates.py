"""Certificates of servers and clients: good ones, expired ones, and of another authority."""

import datetime as dt
import ipaddress
import os
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from standalone.child import User
from testkit.server import HOST

_DAY = dt.timedelta(days=1)


class Authority(NamedTuple):
    """One that signs certificates, of servers by default for 127.0.0.1."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, name: str) -> "Authority":
        """Make one."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key, ends=_now() + _DAY)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
        return cls(subject, key, builder.sign(key, hashes.SHA256()))

    def write(self, file: Path) -> Path:
        """Write its own certificate, which clients trust, and return the file."""
        file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def issue(
        self,
        folder: Path,
        *,
        owner: User,
        ends_in: dt.timedelta = _DAY,
        name: str = "server",
        subject: str = HOST,
        host: str = HOST,
    ) -> None:
        """Write `NAME.crt` and `NAME.key` for a program that may run as another user.

        Args:
            folder: Where they are written.
            owner: Who may read them.
            ends_in: How long the certificate is valid.
            name: The stem of both files.
            subject: The common name, which is a client's user name.
            host: The IP address that a server is reached at.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(subject), self.name, key, ends=_now() + ends_in)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        _write(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM), owner)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _write(folder / f"{name}.key", private, owner)


def _write(file: Path, content: bytes, owner: User) -> None:
    file.write_bytes(content)
    file.chmod(0o600)
    os.chown(file, owner.uid, owner.gid)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ends: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - 3 * _DAY)
        .not_valid_after(ends)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
