"""What is known of the processor and of this site, for the checklist."""

from dataclasses import replace
from datetime import datetime, timedelta

from billing import deliveries, safety
from billing.checks import Processor, ProcessorFacts
from gateways import Gateway, GatewayUnavailable

HEARD_WITHIN = timedelta(hours=24)
KINDS = {"loopback": Processor.BUILT_IN, "sandbox": Processor.TRIAL, "production": Processor.LIVE}


def known(environment: str, now: datetime, *, https: bool, mails: bool) -> ProcessorFacts:
    """Without asking anybody. `environment` is the processor's own word: loopback, sandbox or production."""
    return ProcessorFacts(
        KINDS[environment], heard=deliveries.last_heard(now, HEARD_WITHIN), forged=deliveries.forged(now),
        https=https, restored=safety.restore_tested(now), mails=mails,
    )  # fmt: skip


def asked(facts: ProcessorFacts, gateway: Gateway) -> ProcessorFacts:
    """Ask for something that moves no money, to see whether our keys are taken; the built-in sandbox has none."""
    if facts.kind == Processor.BUILT_IN:
        return facts
    try:
        gateway.client_token()
    except GatewayUnavailable:
        return replace(facts, answers=False)
    return facts
