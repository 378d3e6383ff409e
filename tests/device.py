"""A device with a passkey, in software: what a phone would answer, and what a dishonest one might."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40  # flags of authenticator data


@dataclass
class Device:
    """One passkey. `counts`: whether it counts its signatures; what synced devices share does not."""

    origin: str = "http://localhost"
    host: str = "localhost"
    counts: bool = True
    looks: bool = True  # for a face, a finger or the screen lock
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes | None = None
    signed: int = 0

    def __post_init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: str, **changes) -> str:
        """The answer to `options` for a new passkey; `changes` spoil the parts of the browser's own word."""
        asked = json.loads(options)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        client = self._client("webauthn.create", asked["challenge"], changes)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + self._key()})
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: str, **changes) -> str:
        """The answer to `options` for signing in or proving again."""
        client = self._client("webauthn.get", json.loads(options)["challenge"], changes)
        self.signed += self.counts
        data = self._data()
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        given = {"userHandle": self.handle} if self.handle else {}
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, **given)

    def _client(self, kind: str, challenge: str, changes: dict) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, **changes}).encode()

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.looks else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.signed.to_bytes(4, "big")

    def _key(self) -> bytes:
        """The credential as COSE (RFC 9053, ES256): key type 2, algorithm -7, curve 1."""
        numbers = self.private.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        length = len(self.credential_id).to_bytes(2, "big")
        return bytes(16) + length + self.credential_id + cbor2.dumps({1: 2, 3: -7, -1: 1, **point})

    def _answer(self, **response: bytes) -> str:
        id = bytes_to_base64url(self.credential_id)
        spelled = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": spelled})
