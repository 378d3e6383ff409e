"""Somebody who brings files in, and the files."""

import io
import re

import pytest

from choices import ImportKind, StaffRole
from exchange import batches
from models import AccountClient, Import
from tests import builders as the


@pytest.fixture
def rosa(practice):
    return the.a_staff_member("Rosa Quill-Demo", StaffRole.BILLER)


@pytest.fixture
def biller(rosa, sign_in):
    return sign_in(rosa)


@pytest.fixture
def ana(practice):
    """Client C-17 on account 1024."""
    client = the.a_client("Ana Delgado-Demo", external_id="C-17", date_of_birth="1987-04-12")
    account = the.an_account("Ana Delgado-Demo")
    account.number = "1024"
    account.save()
    AccountClient.create(account=account, client=client)
    return the.Person(None, account, client)


def a_file(*lines, header=None, delimiter=","):
    """A file of these lines, as text."""
    return "\r\n".join([header, *lines] if header else lines) + "\r\n"


def charges(*rows):
    """A file of charges: id, day and amount of each."""
    header = "charge_id,account_id,client_id,service_date,label,amount"
    return a_file(*(f"{id},1024,C-17,{day},Talk therapy,{amount}" for id, day, amount in rows), header=header)


@pytest.fixture
def bring(rosa):
    """`bring("charges", text)`: uploaded and tried."""

    def bring(kind, content, at=the.NOW, name="file.csv", **how):
        data = content.encode() if isinstance(content, str) else content
        return batches.upload(io.BytesIO(data), name, ImportKind(kind), rosa, at, **how)

    return bring


@pytest.fixture
def take(bring):
    """`take("charges", text)`: brought in, as a whole."""

    def take(kind, content, **options):
        batch = bring(kind, content)
        batches.take_in(batch, batch.digest, options.get("skip", False), the.stamp())
        return Import.get_by_id(batch.id)

    return take


def send(browser, kind, content, name="file.csv", profile="evenly"):
    """By the page; the answer once it has led on."""
    data = content.encode() if isinstance(content, str) else content
    form = {"kind": kind, "profile": profile, "file": (io.BytesIO(data), name)}
    return browser.submit("/practice/imports/", form, content_type="multipart/form-data", follow_redirects=True)


def form_of(page, action):
    """The fields of the form that leads there, and where."""
    form = re.search(rf'<form method="post" action="([^"]*/{action})".*?</form>', page, re.DOTALL)
    return form[1], dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def said(batch, language="en"):
    """What is wrong with its rows, in words."""
    from exchange import results

    return [each.sentence(language) for each in results.problems(batch.result)]
