"""Messages to Slack."""

from __future__ import annotations

import json
import urllib.request


def send_slack_message(incoming_hook: str, message: str, is_markdown: bool = True) -> None:
    """Send a message to a channel.

    Args:
        incoming_hook: URL of the webhook; a secret.
        message: The text.
        is_markdown: Let Slack format it.

    Raises:
        urllib.error.URLError: Slack was not reached or refused.
    """
    body = json.dumps({"text": message, "mrkdwn": is_markdown}).encode()
    request = urllib.request.Request(incoming_hook, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30):
        return
