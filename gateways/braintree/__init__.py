"""Braintree, through its own SDK; the only package that imports it."""

from gateways.braintree.adapter import BraintreeAdapter
from gateways.braintree.connection import Account

__all__ = ["Account", "BraintreeAdapter"]
