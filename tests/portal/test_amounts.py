"""What a row and a hint say of an amount, when the button waits for a script, and a time that stays whole."""

from tests.builders import a_charge, a_fee, a_paid, helen, tomas


def test_a_part_paid_visit_says_what_it_was(dana, reads):
    part = a_charge(dana, "2026-10-19", "150.00")
    a_paid(part, "50.00")
    a_charge(dana, "2026-10-20", "80.00")
    reader = reads(dana)

    choosing = reader.open("/pay")
    one = reader.open(f"/pay/checkout?way=one&charge={part.key}")
    everything = reader.open(f"/pay/checkout?way=many&all=1&account={dana.account.key}")

    for page in (choosing, one, everything):
        assert "$100.00 of $150.00" in page.text and "of $80.00" not in page.text


def test_in_spanish_too(practice, reads):
    person = tomas()
    a_paid(a_charge(person, fee="150.00"), "50.00")

    assert "$100.00 de $150.00" in reads(person).open("/pay").text


def test_a_fee_is_not_called_a_visit(dana, reads):
    fee = a_fee(dana)
    path = f"/pay/checkout?way=one&charge={fee.key}"

    assert "You owe $90.00 for this. You can pay from" in reads(dana).open(path).text
    # A guarantor reads of every charge that it is a visit.
    assert "You owe $90.00 for this visit." in reads(helen(dana)).open(path).text


def test_only_a_script_can_take_a_new_card_so_only_a_script_shows_the_button(dana, reads, card_of):
    charge = a_charge(dana)
    reader = reads(dana)
    path = f"/pay/checkout?way=one&charge={charge.key}"

    def hidden(path):
        page = reader.open(path)
        return ["hidden" in button.attrib for button in page.all("button") if button.get("id") == "go"]

    assert hidden("/cards/new") == hidden(path) == [True]
    card_of(dana, exp_month=9, exp_year=2026)
    assert hidden(path) == [True]
    card_of(dana, main=False)
    assert hidden(path) == [False]


def test_a_time_stays_on_one_line_with_its_half_of_the_day(practice, dana, reads):
    assert "12:00\xa0PM CST" in reads(dana).open("/").html
    assert "12:00\xa0p.m." in reads(tomas()).open("/").html
