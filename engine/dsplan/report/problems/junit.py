"""JUnit XML, as CI systems read it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from ..inert import inert
from .log import Entry, Log, log_of
from .rules import Outcome

__all__ = ["junit", "junit_log"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome) -> str:
    """Return a test suite a source: a passed test for one without problems, else a failed test for every problem."""
    return junit_log(log_of(outcome))


def junit_log(log: Log) -> str:
    """Return a test suite a source: a passed test for one with no entry, else a failed test for every entry."""
    by_source: dict[str, list[Entry]] = {source: [] for source in log.sources}
    for entry in log.entries:
        by_source.setdefault(entry.source, []).append(entry)
    passes: dict[str, list[str]] = {}
    for source, name in log.passes:
        passes.setdefault(source, []).append(name)
        by_source.setdefault(source, [])
    suites = Xml.Element("testsuites", name=_clean(log.name))
    tests = 0
    for source, entries in by_source.items():
        passed = passes.get(source) or ([] if entries else [log.passed])
        tests += len(entries) + len(passed)
        _suite(suites, source or "input", entries, passed)
    suites.attrib.update(tests=str(tests), failures=str(len(log.entries)))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _suite(suites: Xml.Element, source: str, entries: list[Entry], passed: list[str]) -> None:
    suite = Xml.SubElement(suites, "testsuite", name=_clean(source))
    suite.attrib.update(tests=str(len(entries) + len(passed)), failures=str(len(entries)))
    for name in passed:
        Xml.SubElement(suite, "testcase", classname=_clean(source), name=_clean(name))
    for entry in entries:
        name = " ".join(part for part in (entry.rule, entry.object, entry.field) if part)
        case = Xml.SubElement(suite, "testcase", classname=_clean(source), name=_clean(name))
        failure = Xml.SubElement(case, "failure", type=_clean(entry.rule), message=_clean(entry.message))
        failure.text = _clean(entry.text)


def _clean(text: str) -> str:
    """Return the text without what XML has no way to say, and inert for who reads it in a log."""
    return inert(_NOT_XML.sub("\ufffd", text))
