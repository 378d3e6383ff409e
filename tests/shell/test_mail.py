"""What an email says, and what happens when the mail server is away."""

import smtplib
from dataclasses import replace
from email import message_from_bytes, policy
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

import mail
from app import create_app
from billing.messages import queue, tell_of_bill, tell_practice
from choices import StaffRole
from models import Link, Message, Task
from tests import builders as the
from tests.visitor import Visitor
from words import sentences

KINDS = ("mail.receipt", "mail.bill", "mail.unknown", "mail.due", "mail.problem", "mail.doc", "mail.card", "mail.tries")


class Server(StreamRequestHandler):
    """As much of a mail server as it takes to receive."""

    def handle(self):
        self.wfile.write(b"220 test\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 fine\r\n")
            if line.upper().startswith(b"QUIT"):
                return


@pytest.fixture
def server():
    with ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.letters = []
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def away(letter):
    raise ConnectionRefusedError


def refuses(letter):
    raise smtplib.SMTPRecipientsRefused({})


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_message_is_neutral(practice, settings, clock, kind, language):
    letter = mail.render(queue(kind, "ana@example.com", language, clock()), practice, settings)

    text = letter.get_content()
    assert letter["Subject"] == sentences()["mail.subject"][language].format(practice_short="Harbor Fern")
    assert letter["From"].startswith("Harbor Fern <")
    assert "Counseling" not in letter.as_string()
    assert "$" not in text
    assert practice.phone in text
    assert "{" not in text


def test_every_kind_of_mail_there_is_has_a_neutral_subject_and_foot(practice, settings, clock):
    values = {"date": "Nov 20, 2026", "join_url": "/x", "reset_url": "/x", "first_url": "/x", "code": "123456"}
    apart = ("mail.subject", "mail.foot", *(key for key in sentences() if key.endswith(".amount")))
    kinds = [key for key in sentences() if key.startswith("mail.") and key not in apart]

    letters = [mail.render(queue(kind, "a@example.com", "en", clock(), **values), practice, settings) for kind in kinds]

    assert {letter["Subject"] for letter in letters} == {"You have a new message from Harbor Fern"}


@pytest.mark.parametrize("kind", [key for key in sentences() if key.startswith("mail.staff.")])
def test_what_is_written_to_the_practice_leads_to_its_own_door(practice, settings, clock, kind):
    message = queue(kind, "rosa@example.com", "en", clock(), first_url="/practice/reset/x")

    assert f"{settings.public_url}/practice" in mail.render(message, practice, settings).get_content()


def test_the_practices_copy_is_in_the_language_of_its_reader_or_of_the_owner(practice, clock):
    the.a_staff_member("Former Owner-Demo", StaffRole.OWNER, disabled_at=clock())
    rosa = the.a_staff_member()
    the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER, language="es")

    for to in (rosa.email.title(), "desk@example.com"):
        tell_practice("mail.staff.payment", to, clock())

    assert [row.language for row in Message.select().order_by(Message.id)] == ["en", "es"]


def test_a_letter_goes_out_once(practice, settings, clock, server):
    queue("mail.receipt", "ana@example.com", "es", clock())
    port = server.server_address[1]
    real = replace(settings, mail_host="127.0.0.1", mail_port=port, mail_from="office@example.com", mail_tls=False)

    assert mail.deliver_due(clock(), real) == 1
    assert mail.deliver_due(clock(), real) == 0

    [letter] = server.letters
    assert letter["To"] == "ana@example.com"
    assert letter["From"] == "Harbor Fern <office@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == clock()
    assert "Recibimos su pago." in letter.get_content()
    assert Message.get().sent_at == clock()


def test_a_server_that_is_away_is_tried_again_later_and_later(practice, settings, clock):
    queue("mail.receipt", "ana@example.com", "en", clock())

    sent = []
    for minutes in (0, 1, 4, 25, 90, 600):
        clock.pass_(minutes=minutes)
        mail.deliver_due(clock(), settings, away)
        mail.deliver_due(clock(), settings, sent.append)
        if sent:
            break
        Message.update(sent_at=None).execute()

    assert sent == []
    assert Message.get().tries == 6
    assert Message.get().failed_at == clock()
    assert [(task.kind, task.detail) for task in Task.select()] == [("task.mail", "mail.receipt #1")]
    clock.pass_(days=2)
    assert mail.deliver_due(clock(), settings, sent.append) == 0


def test_one_bad_address_does_not_hold_up_the_others(practice, settings, clock):
    queue("mail.receipt", "nobody@example.com", "en", clock())
    queue("mail.receipt", "ana@example.com", "en", clock())
    sent = []

    def send(letter):
        if letter["To"] == "nobody@example.com":
            refuses(letter)
        sent.append(letter["To"])

    assert mail.deliver_due(clock(), settings, send) == 1
    assert sent == ["ana@example.com"]


def test_an_address_no_letter_can_carry_does_not_hold_up_the_others(practice, settings, clock):
    queue("mail.receipt", "=?utf-8?q?=0a?=@example.com", "en", clock())
    queue("mail.receipt", "ana@example.com", "en", clock())
    sent = []

    assert mail.deliver_due(clock(), settings, sent.append) == 1
    assert [letter["To"] for letter in sent] == ["ana@example.com"]


def test_two_deliverers_do_not_send_the_same_letter(practice, settings, clock):
    queue("mail.receipt", "ana@example.com", "en", clock())
    sent = []

    def send(letter):
        sent.append(letter)
        mail.deliver_due(clock(), settings, sent.append)

    first = mail.deliver_due(clock(), settings, send)

    assert (first, len(sent)) == (1, 1)


def test_the_demo_shows_its_mail_instead_of_sending_it(practice, settings, clock):
    queue("mail.receipt", "tomas@example.com", "es", clock())
    app = create_app(replace(settings, mode="demo", public_url="http://127.0.0.1:8123"))
    app.test_client_class = Visitor

    assert mail.deliver_due(clock(), app.extensions["settings"]) == 1
    page = app.test_client().get("/dev/outbox").text

    assert "Tiene un mensaje nuevo de Harbor Fern" in page
    assert "tomas@example.com" in page
    assert "http://127.0.0.1:8123" in page
    assert '<article class="card letter" lang="es">' in page


def test_an_empty_mailbox_says_so(practice, settings):
    app = create_app(replace(settings, mode="demo"))

    assert "No messages yet." in app.test_client().get("/dev/outbox").text


@pytest.mark.parametrize("send", [lambda letter: None, away])
def test_what_opens_something_is_not_kept_once_it_was_sent_or_given_up(practice, settings, clock, send):
    queue("mail.reset", "ana@example.com", "en", clock(), reset_url="/reset/opens-something")
    queue("mail.code", "ana@example.com", "en", clock(), code="123456")
    queue("mail.security", "ana@example.com", "en", clock(), date="Nov 20, 2026")
    for hours in (0, 1, 1, 4, 12, 24, 24):
        clock.pass_(hours=hours)
        mail.deliver_due(clock(), settings, send)

    assert [row.values for row in Message.select().order_by(Message.id)][:2] == [{}, {}]
    assert Message.get(Message.kind == "mail.security").values == {"date": "Nov 20, 2026"}


def test_a_notice_says_what_was_known_when_it_was_let_go(practice, settings, clock, monkeypatch):
    """Asked once: a link that ends as the email is being written does not send another one in its place."""
    ana = the.ana()
    ana.user.amounts_in_mail = True
    ana.user.save()
    the.a_charge(ana)
    tell_of_bill(ana.user, ana.account, clock())
    asked, sent = mail.told_now, []

    def asked_once(message):
        told = asked(message)
        Link.update(ended_at=clock()).where(Link.user == ana.user).execute()
        return told

    monkeypatch.setattr(mail, "told_now", asked_once)

    assert mail.deliver_due(clock(), settings, sent.append) == 1

    assert "You owe $150.00" in sent[0].get_content()
