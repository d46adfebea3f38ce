"""Certificates of a test's own authority."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, each a file."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority by its name. `certificate` is its own, by which others trust it; all files lie in `folder`."""

    name: str
    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: Path

    @classmethod
    def new(cls, name: str, folder: Path) -> "Authority":
        """An authority that nobody knows yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _unsigned(name, name, key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(name, folder, key, _written(folder / f"{name}.pem", made.sign(key, hashes.SHA256())))

    def issue(self, name: str) -> Certificate:
        """A certificate for `name`, be it a server or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        made = _unsigned(name, self.name, key.public_key())
        made = made.add_extension(names, critical=False).add_extension(usage, critical=False)
        path = self.folder / f"{self.name}-{name}.key"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        signed = made.sign(self.key, hashes.SHA256())
        return Certificate(_written(self.folder / f"{self.name}-{name}.pem", signed), path)


def _unsigned(name: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = SystemClock().now().replace(microsecond=0)
    made = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _written(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path
