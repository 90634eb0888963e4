"""Keys, user tokens and a server certificate, made afresh for each run."""

import base64
import datetime
import ipaddress
import json
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

CLIENT_ID = "7d1c2b9e-0000-4000-8000-0b0e0c0d0e0f"
CLIENT_SECRET = "bench-secret-that-opens-nothing"


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs user tokens of the size that Entra's have: about 1.7 KB with RS256."""

    def __init__(self, url):
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self):
        numbers = self._key.public_key().public_numbers()
        number = lambda value: _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        return {"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench",
            "n": number(numbers.n), "e": number(numbers.e)}]}

    def token(self, user):
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "sub": user, "oid": user, "tid": "bench", "ver": "2.0",
            "scp": "access_as_user", "iat": now, "nbf": now, "exp": now + 6 * 3600, "name": f"User {user}",
            "preferred_username": f"{user}@example.com", "azp": CLIENT_ID,
            "groups": [f"{number:08x}-aaaa-bbbb-cccc-dddddddddddd" for number in range(18)]}
        header = {"typ": "JWT", "alg": "RS256", "kid": "bench"}
        signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


def write_certificate(directory):
    """A self-signed certificate for localhost. Returns the paths of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256()))
    pem = serialization.Encoding.PEM
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (directory / "key.pem").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return directory / "certificate.pem", directory / "key.pem"
