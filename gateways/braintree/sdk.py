"""Braintree's SDK, loaded quietly: it warns of its own old names while it loads."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import braintree

__all__ = ["braintree"]
