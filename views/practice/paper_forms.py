"""The days of a statement."""

from wtforms import DateField
from wtforms.validators import InputRequired

from views.practice.forms import LabelledForm, sensible


def _day() -> DateField:
    return DateField(validators=[InputRequired("form.date"), sensible])


class StatementForm(LabelledForm):
    """From one day to another, both on the statement."""

    labels = {"from_on": "docs.from", "to_on": "docs.to"}
    from_on = _day()
    to_on = _day()
