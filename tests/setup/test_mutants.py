"""What is changed a little is the same code before the change."""

import pytest

from tests.mutants import ROOT, pattern, undecorated

WRITTEN = '''
class Sum:
    part = 2

    @property
    def whole(self) -> int:
        """All of it."""
        return self.part * 2

    @staticmethod
    def other():
        return 1

    @property
    def last(self): return self.whole
'''


def test_a_property_without_its_decorator_is_the_same_property():
    names = {}
    exec(undecorated(WRITTEN), names)

    assert "@property" not in undecorated(WRITTEN)
    assert (names["Sum"]().whole, names["Sum"]().last, names["Sum"].other()) == (4, 4, 1)


@pytest.mark.parametrize("path", sorted((ROOT / "billing").glob("*.py")), ids=lambda path: path.name)
def test_every_module_of_the_rules_can_be_rewritten(path):
    compile(undecorated(path.read_text(encoding="utf-8")), path.name, "exec")


@pytest.mark.parametrize(("file", "name"), [("money.py", "money.*"), ("billing/figures.py", "billing.figures.*")])
def test_a_file_is_named_as_the_tester_names_it(file, name):
    assert pattern(file) == name
