"""Braintree's SDK, loaded quietly: it warns of its own old names while it loads."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import braintree
    from braintree.exceptions.http.connection_error import ConnectionError as WireError
    from braintree.exceptions.http.timeout_error import ConnectTimeoutError

__all__ = ["ConnectTimeoutError", "WireError", "braintree"]
