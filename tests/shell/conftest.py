"""Ana signs in as a client, Rosa as staff."""

import pytest

from models import Staff, User
from tests import builders
from tests.visitor import HASH, equipped


@pytest.fixture
def ana(practice) -> User:
    return equipped(builders.a_user("Ana Delgado-Demo", email="ana@example.com", password_hash=HASH))


@pytest.fixture
def rosa(practice) -> Staff:
    return equipped(builders.a_staff_member("Rosa Quill-Demo", email="rosa@example.com", password_hash=HASH))
