"""From a processor's code to what a client reads, and whether the same card is worth another try."""

import pytest

from billing.declines import decline_key, same_card_may_work
from gateways import Outcome
from gateways.braintree import declines

# The sentence, whether the same card comes first, and every code and word that leads to it.
TABLE = [
    ("dec.funds", True, "2001 2002 2003"),
    ("dec.expired", False, "2004 2006 2022 81710"),
    ("dec.number", True, "2005 2007 2008 2009 81715 81716"),
    ("dec.cvc", True, "2010 cvv 81736"),
    ("dec.zip", True, "2059 avs 81737"),
    ("dec.details", True, "2060 avs_and_cvv 91565 91732"),
    ("dec.type", False, "2019 2024 2058 2099"),
    ("dec.generic", False, "2000 2011 2012 2013 2014 2015 2017 2018 2020 2021 2038 2041 2043 2044 2046 2047 2053 2057"),
    ("dec.refused", False, "fraud risk_threshold three_d_secure invented_tomorrow"),
    ("dec.down", True, "3000 failed"),
    ("dec.setup", False, "application_incomplete 401 403 426 91513 91514"),
]
EVERY = [(key, again, code) for key, again, codes in TABLE for code in codes.split()]


@pytest.mark.parametrize(("key", "again", "code"), EVERY, ids=[code for *_, code in EVERY])
def test_every_code_has_its_sentence_and_its_first_way_out(key, again, code):
    assert decline_key(Outcome.DECLINED, declines.reason(code), code) == key
    assert same_card_may_work(key) is again
