"""Names of images: what a container's `image` means in full, so that names on nodes can be compared with it."""

from __future__ import annotations

__all__ = ["full_name", "split_domain"]

_HUB = "docker.io"
_OLD_HUB = "index.docker.io"


def full_name(image: str) -> str:
    """Return a reference with its domain, and the tag `latest` where it has neither tag nor digest.

    >>> full_name("nginx"), full_name("quay.io/a/b:1"), full_name("reg:5000/a")
    ('docker.io/library/nginx:latest', 'quay.io/a/b:1', 'reg:5000/a:latest')
    """
    domain, remainder = split_domain(image)
    tagged = "@" in remainder or ":" in remainder
    return f"{domain}/{remainder}" if tagged else f"{domain}/{remainder}:latest"


def split_domain(image: str) -> tuple[str, str]:
    """Return domain and the rest; names without a domain belong to the hub, there under `library/` if they are bare.

    >>> split_domain("nginx:1"), split_domain("localhost/a")
    (('docker.io', 'library/nginx:1'), ('localhost', 'a'))
    """
    first, slash, rest = image.partition("/")
    is_domain = slash and (first == "localhost" or "." in first or ":" in first or first != first.lower())
    domain, remainder = (first, rest) if is_domain else (_HUB, image)
    if domain == _OLD_HUB:
        domain = _HUB
    if domain == _HUB and "/" not in remainder:
        remainder = f"library/{remainder}"
    return domain, remainder
