"""Sealing pieces with a key: AES-256-GCM (NIST SP 800-38D), a key for each image, a number for each piece."""

from kjtui.errors import KjtuiError
from kjtui.model.saved import Sealing

_MANIFEST = (1 << 64) - 1  # the number of the manifest among the pieces
KEY = 32


class Seal:
    """Closes and opens what is stored. key: 32 bytes, or b"": then everything stays as it is.

    id: the image's. It and the number are bound to the content, so that nothing can change places.
    """

    def __init__(self, key: bytes, name: str) -> None:
        self._name = bytes.fromhex(name)
        self._cipher = None
        if key:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(key)

    def close(self, number: int, content: bytes) -> bytes:
        """What is stored of a piece."""
        return self._cipher.encrypt(_nonce(number), content, self._name) if self._cipher else content

    def open(self, number: int, stored: bytes) -> bytes:
        """The inverse of close(). Raises KjtuiError."""
        if self._cipher is None:
            return stored
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(_nonce(number), stored, self._name)
        except InvalidTag:
            raise KjtuiError(
                "The passphrase is wrong, or the image was changed",
                "Its seal does not open with the key made of this passphrase.",
                "Try again; look at the keyboard's layout.",
            ) from None

    def close_manifest(self, content: bytes) -> bytes:
        """What is stored of the manifest."""
        return self.close(_MANIFEST, content)

    def open_manifest(self, stored: bytes) -> bytes:
        """The inverse. Raises KjtuiError."""
        return self.open(_MANIFEST, stored)


def key_of(passphrase: bytes, sealing: Sealing) -> bytes:
    """The key that is made of a passphrase; takes 128 bytes * r * N of memory. Raises KjtuiError."""
    import hashlib

    cost, r, p = 1 << sealing.log_n, sealing.r, sealing.p
    try:
        return hashlib.scrypt(
            passphrase, salt=sealing.salt, n=cost, r=r, p=p, maxmem=256 * r * cost, dklen=KEY
        )
    except (ValueError, MemoryError) as error:
        raise KjtuiError("The key cannot be made of the passphrase", f"{error}.") from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
