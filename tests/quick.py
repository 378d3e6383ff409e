"""What is the same in every test of a run is worked out once: it took a fifth of the suite's time. Import it first."""

from collections.abc import Iterable

from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart

from identity import passwords
from tables import PRAGMAS
from tests.visitor import HASH

# A database of a test need not outlive a power cut: waiting for the disk was a sixth of every test that writes.
PRAGMAS["synchronous"] = "off"

# Compared with the password for an email nobody has; it costs what hashes of tests cost.
nobodys = passwords._nobodys
passwords._nobodys = lambda: HASH

# Werkzeug takes every rule apart whenever an application begins, and nearly every test begins one.
_parsed: dict[str, tuple[list[RulePart], list, dict]] = {}
_builders: dict[tuple, object] = {}
_parse_rule, _compile_builder = Rule._parse_rule, Rule._compile_builder


def _parsed_once(self: Rule, rule: str) -> Iterable[RulePart]:
    if rule not in _parsed:
        fresh = len(self._trace)
        parts = list(_parse_rule(self, rule))
        _parsed[rule] = parts, self._trace[fresh:], dict(self._converters)
        return parts
    parts, trace, converters = _parsed[rule]
    self._trace += trace
    self._converters |= converters
    self.arguments |= set(converters)
    return parts


def _compiled_once(self: Rule, append_unknown: bool = True) -> object:
    key = (self.rule, self.subdomain, repr(self.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(self, append_unknown)
    return _builders[key]


Rule._parse_rule = _parsed_once
Rule._compile_builder = _compiled_once
