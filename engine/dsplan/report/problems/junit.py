"""JUnit XML, as CI systems read it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from ...errors import Problem
from .plain import message_of
from .rules import Outcome, rule_of

__all__ = ["junit"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome) -> str:
    """Return a test suite a source: a passed test for one without problems, else a failed test for every problem."""
    by_source: dict[str, list[Problem]] = {source: [] for source in outcome.sources}
    for problem in outcome.problems:
        by_source.setdefault(problem.source, []).append(problem)
    suites = Xml.Element("testsuites", name="dsplan validate")
    for source, problems in by_source.items():
        _suite(suites, source or "input", problems)
    tests = sum(max(1, len(problems)) for problems in by_source.values())
    suites.attrib.update(tests=str(tests), failures=str(len(outcome.problems)))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _suite(suites: Xml.Element, source: str, problems: list[Problem]) -> None:
    suite = Xml.SubElement(suites, "testsuite", name=_clean(source))
    suite.attrib.update(tests=str(max(1, len(problems))), failures=str(len(problems)))
    if not problems:
        Xml.SubElement(suite, "testcase", classname=_clean(source), name="validates")
    for problem in problems:
        rule = rule_of(problem).id
        name = " ".join(part for part in (rule, problem.object, problem.field) if part)
        case = Xml.SubElement(suite, "testcase", classname=_clean(source), name=_clean(name))
        failure = Xml.SubElement(case, "failure", type=rule, message=_clean(message_of(problem)))
        failure.text = _clean(str(problem))


def _clean(text: str) -> str:
    """Return the text without what XML has no way to say."""
    return _NOT_XML.sub("\ufffd", text)
