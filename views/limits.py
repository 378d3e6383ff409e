"""How often one visitor may ask for something costly; counted in memory, since one process serves one practice."""

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def refused(response: Response) -> bool:
    """Passed as `deduct_when` by a limit that counts only what went wrong."""
    return response.status_code == 422


of_sign_in = limiter.shared_limit(
    "20 per 15 minutes", scope="sign-in", methods=["POST"], deduct_when=refused, error_message="signin.slow"
)
