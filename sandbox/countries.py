"""Countries of ISO 3166-1, known by two letters, three letters, number or name."""

from typing import Any

import iso3166
from babel import Locale

from sandbox.errors import Problems

NOT_IN_ISO = {"XK"}
COUNTRIES = [country for country in iso3166.countries if country.alpha2 not in NOT_IN_ISO]
# The field of the wire, the error number when nothing goes by that value, and where it is found.
FIELDS = (
    ("country_name", "91803"),
    ("country_code_alpha2", "91814"),
    ("country_code_alpha3", "91816"),
    ("country_code_numeric", "91817"),
)


def _names(country: iso3166.Country) -> set[str]:
    """The name in the standard and the ones people use."""
    usual = Locale("en").territories.get(country.alpha2, country.name)
    return {country.name, country.apolitical_name, usual}


KNOWN = {
    "country_name": {name.casefold(): country for country in COUNTRIES for name in _names(country)},
    "country_code_alpha2": {country.alpha2.casefold(): country for country in COUNTRIES},
    "country_code_alpha3": {country.alpha3.casefold(): country for country in COUNTRIES},
    "country_code_numeric": {country.numeric: country for country in COUNTRIES},
}


def fill(given: dict[str, Any], problems: Problems, *inner: str) -> dict[str, Any]:
    """All four fields from whichever are there; empty without any, or after adding what is wrong."""
    found = {name: _find(name, given[name]) for name, _ in FIELDS if given.get(name)}
    for name, code in FIELDS:
        if name in found and found[name] is None:
            problems.add(code, name, *inner)
    countries = [country for country in found.values() if country]
    if len(countries) < len(found) or not countries:
        return {}
    if len(set(countries)) > 1:
        problems.add("91815", "base", *inner)
    return _fields(countries[0]) | {name: given[name] for name in ("country_name",) if given.get(name)}


def _find(field: str, value: str) -> iso3166.Country | None:
    value = value.zfill(3) if field == "country_code_numeric" else value.casefold()
    return KNOWN[field].get(value)


def _fields(country: iso3166.Country) -> dict[str, str]:
    return {
        "country_name": country.name,
        "country_code_alpha2": country.alpha2,
        "country_code_alpha3": country.alpha3,
        "country_code_numeric": country.numeric,
    }
