"""What a browser says of itself, in two words: for the list of sessions and the names of passkeys."""

from flask import request

from views.context import say

# In this order: Edge calls itself Chrome as well, and Chrome calls itself Safari.
BROWSERS = {
    "Edg": "Edge",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


def device(agent: str) -> str:
    """ "Chrome, Android": the browser of this User-Agent."""
    found = [next((name for mark, name in marks.items() if mark in agent), "") for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or say("acct.device")


def this_device() -> str:
    """The browser that asks now."""
    return device(request.user_agent.string)
