"""Broken variants of reading and of the API server's part."""

from __future__ import annotations

from .mutant import Mutant

READING = (
    Mutant(
        "every-separator-dropped",
        "reading/chunks.py",
        "if kept and _MARKER.match(text, start, end):",
        "if False:",
        "tests/reading/test_chunks.py",
    ),
    Mutant(
        "keys-repeated-as-json",
        "reading/map_keys.py",
        "return type(resolved).__name__, same",
        'return "str", str(same)',
        "tests/reading/test_yaml_exact.py",
    ),
    Mutant(
        "copies-forget-how-keys-were-written",
        "reading/yaml_exact.py",
        "        self.keys.copied(value, result)\n",
        "",
        "tests/reading/test_yaml_exact.py",
    ),
    Mutant(
        "a-domain-or-nothing",
        "apiserver/defaulting/images.py",
        r'rf"(?:{_DOMAIN}/)?(?P<path>',
        r'rf"{_DOMAIN}/(?P<path>',
        "tests/apiserver/test_defaulting_images.py",
    ),
    Mutant(
        "a-template-needs-its-image-volume",
        "apiserver/validation/volumes.py",
        'if is_pod and "image" in volume',
        'if "image" in volume',
        "tests/apiserver/validation/test_volumes.py",
    ),
    Mutant(
        "depth-of-libyaml-as-it-says-it",
        "reading/libyaml_errors.py",
        "if _DEPTH_WORDS.search(",
        "if False and _DEPTH_WORDS.search(",
        "tests/reading/test_hostile.py",
    ),
)
