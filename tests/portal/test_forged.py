"""What a client's browser may send that no page of ours would."""

from models import Attempt
from tests.builders import ONLY_PAYS, a_charge, an_attempt
from tests.portal.test_refusals import page  # noqa: F401


def test_more_charges_than_anyone_ticks_pick_nothing(dana, reads):
    a_charge(dana)
    keys = "&".join(f"charge={number}" for number in range(2000))

    assert "Nothing is picked" in reads(dana).open(f"/pay/checkout?{keys}").problem
