"""What the environment may say, and what production refuses."""

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from config import DEMO_DATA_KEY, DEMO_SECRET, SettingError, Settings, variables

READY = Settings(
    mode="production",
    secret_key="0123456789abcdef" * 4,
    data_keys=f"{'A' * 43}=",
    public_url="https://pay.example.com",
    braintree_environment="production",
    braintree_merchant_id="a_merchant",
    braintree_public_key="a_public_key",
    braintree_private_key="a_private_key",
    mail_host="mail.example.com",
    mail_from="portal@example.com",
)


def problem_of(**changes):
    """The one sentence that these changes to a ready production bring."""
    [sentence] = replace(READY, **changes).problems()
    return sentence


def test_the_demo_needs_no_settings():
    assert Settings.from_env({}) == Settings()
    assert Settings().problems() == []


def test_a_ready_production_has_no_problems():
    assert READY.problems() == []


def test_every_kind_of_setting_is_read_from_the_environment():
    settings = Settings.from_env(
        {"DATABASE": "/srv/evenly.sqlite", "PORT": "9000", "MAIL_TLS": "off", "IDLE_TIMEOUT": "10m", "MODE": "test"}
    )

    assert settings.database == Path("/srv/evenly.sqlite")
    assert settings.port == 9000
    assert settings.mail_tls is False
    assert settings.idle_timeout == timedelta(minutes=10)
    assert settings.mode == "test"


def test_an_empty_variable_keeps_the_default():
    assert Settings.from_env({"PORT": "", "SECRET_KEY": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("PORT", "eighty", "PORT takes a whole number; it is set to 'eighty'."),
        ("MAIL_TLS", "maybe", "MAIL_TLS takes 1 or 0; it is set to 'maybe'."),
        ("FLASK_DEBUG", "2", "FLASK_DEBUG takes 1 or 0; it is set to '2'."),
        (
            "UNKNOWN_CLOSE_AFTER",
            "a day",
            "UNKNOWN_CLOSE_AFTER takes a time such as 30s, 15m, 24h or 7d; it is set to 'a day'.",
        ),
        ("IDLE_TIMEOUT", "0s", "IDLE_TIMEOUT takes a time such as 30s, 15m, 24h or 7d; it is set to '0s'."),
        ("PORT", "70000", "PORT is from 1 to 65535; it is set to '70000'."),
        ("THREADS", "0", "THREADS is from 1 to 256; it is set to '0'."),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES is from 0 to 9; it is set to '-1'."),
        ("MODE", "staging", "MODE is one of demo, production, test; it is set to 'staging'."),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_in_a_sentence(name, text, sentence):
    with pytest.raises(SettingError) as refusal:
        Settings.from_env({name: text})

    assert str(refusal.value) == sentence


def test_each_setting_says_what_it_is_for_and_no_two_share_a_variable():
    for each in fields(Settings):
        assert each.metadata["doc"].endswith("."), each.name
    names = [name for each in fields(Settings) for name in variables(each)]
    assert len(names) == len(set(names))


def test_secrets_do_not_show_when_settings_are_printed():
    shown = repr(replace(READY, mail_password="mail-password"))

    for secret in (READY.secret_key, READY.data_keys, READY.braintree_private_key, "mail-password"):
        assert secret not in shown


def test_production_refuses_a_missing_or_short_secret():
    assert problem_of(secret_key=DEMO_SECRET).startswith("SECRET_KEY is not set.")
    assert problem_of(secret_key="short").startswith("SECRET_KEY is shorter than 32 characters.")


KEY, OLDER = f"{'A' * 43}=", f"{'B' * 43}="


def test_master_keys_stand_in_a_variable_or_in_a_file_that_is_read_each_time(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"{KEY}\n")
    settings = replace(READY, data_keys=OLDER, data_key_file=str(file))

    assert replace(READY, data_keys=f"{KEY}, {OLDER}").master_keys() == [
        bytes(32),
        *replace(READY, data_keys=OLDER).master_keys(),
    ]
    assert settings.master_keys() == [bytes(32)]
    file.write_text(f"{OLDER}\n{KEY}\n")
    assert settings.master_keys()[1:] == [bytes(32)]


def test_production_refuses_a_key_file_that_others_may_read(tmp_path):
    file = tmp_path / "keys"
    file.write_text(KEY)

    for mode in (0o604, 0o602, 0o644):
        file.chmod(mode)
        assert problem_of(data_key_file=str(file)) == (
            f"DATA_KEY_FILE is {file}, which is not kept from others on this machine. Run: chmod 600 {file}"
        )
    for mode in (0o400, 0o600, 0o640):
        file.chmod(mode)
        assert replace(READY, data_key_file=str(file)).problems() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data_keys": DEMO_DATA_KEY}, "DATA_KEYS is not set, or holds the demo's key"),
        ({"data_keys": f"{KEY},{DEMO_DATA_KEY}"}, "DATA_KEYS is not set, or holds the demo's key"),
        ({"data_keys": " , "}, "DATA_KEYS and DATA_KEY_FILE name no key."),
        ({"data_keys": "AAAA"}, "DATA_KEYS holds something that is not 32 bytes in base64."),
        ({"data_keys": "schlüssel"}, "DATA_KEYS holds something that is not 32 bytes in base64."),
        ({"data_key_file": "/nowhere"}, "DATA_KEY_FILE is /nowhere, which cannot be read."),
    ],
)
def test_production_refuses_to_start_without_a_master_key_of_its_own(changes, sentence):
    problem = problem_of(**changes)

    assert problem.startswith(sentence)
    assert "schl" not in problem
    assert problem.endswith(("openssl rand -base64 32", "read."))


def test_production_refuses_the_debugger():
    assert problem_of(debug=True).startswith("FLASK_DEBUG is on.")


def test_production_refuses_the_built_in_sandbox():
    assert problem_of(braintree_environment="loopback").startswith("BRAINTREE_ENVIRONMENT is loopback")


def test_production_refuses_the_sandboxs_own_keys():
    assert problem_of(braintree_merchant_id="integration_merchant_id").startswith("BRAINTREE_MERCHANT_ID hold no keys")
    assert "BRAINTREE_PRIVATE_KEY" in problem_of(braintree_private_key="processing_rules_private_key")
    assert "BRAINTREE_PUBLIC_KEY" in problem_of(braintree_public_key="")


def test_production_refuses_an_address_that_is_not_encrypted_unless_it_is_this_machine():
    assert problem_of(public_url="http://pay.example.com").endswith("Use an address that begins with https://.")
    assert problem_of(public_url="pay.example.com").startswith("PUBLIC_URL must be a whole address")
    assert replace(READY, public_url="http://localhost:8080").problems() == []


def test_production_needs_to_be_told_where_clients_reach_it():
    assert problem_of(public_url=Settings().public_url).startswith("PUBLIC_URL is not set.")
    for more in ("/portal", "/?a=b", "#top"):
        assert "goes on after the name" in problem_of(public_url=f"https://pay.example.com{more}")
    assert replace(READY, public_url="https://pay.example.com/").public_url == READY.public_url


def test_production_needs_a_way_to_send_mail():
    assert problem_of(mail_host="").startswith("MAIL_HOST is not set")
    assert problem_of(mail_from="").startswith("MAIL_FROM is not set")
    assert "is no address" in problem_of(mail_from="Harbor Fern <portal@example.com>")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_the_built_in_sandbox_refuses_a_proxy(name):
    [problem] = Settings.from_env({name: "http://proxy.example.com:3128"}).problems()

    assert problem.startswith("HTTP_PROXY or ALL_PROXY is set")
    assert replace(READY, http_proxy="http://proxy.example.com:3128").problems() == []


def test_cookies_are_held_to_https_only_when_the_portal_is_reached_by_it():
    assert READY.https
    assert not Settings().https
