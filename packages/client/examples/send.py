#!/usr/bin/env python3
"""Sends a CloudEvents file, signed by a shared secret, with the standard library alone.

RUTA_URL, RUTA_INSTITUTION, RUTA_KEY (whsec_...). Usage: send.py FILE [WEBHOOK-ID]; the same id sends the same act again.
"""
import base64
import hashlib
import hmac
import os
import sys
import time
import urllib.error
import urllib.request
import uuid


def signed_headers(secret: str, webhook_id: str, body: bytes) -> dict:
    """The three headers of Standard Webhooks, over these bytes at this moment."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    timestamp = str(int(time.time()))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def send(url: str, institution: str, secret: str, webhook_id: str, body: bytes) -> bytes:
    """Sends until the hub has taken or refused it: the same bytes under the same id."""
    for attempt in range(6):
        headers = signed_headers(secret, webhook_id, body)
        request = urllib.request.Request(f"{url}/v1/in/{institution}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.read()
        except urllib.error.HTTPError as refusal:
            if refusal.code < 500 and refusal.code != 429:
                sys.exit(refusal.read().decode())
            wait = refusal.headers.get("retry-after", "")
        except urllib.error.URLError:
            wait = ""
        time.sleep(max(0.5 * 2**attempt, int(wait) if wait.isdigit() else 0))
    sys.exit(f"the hub does not answer; send it again under {webhook_id}")


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        content = file.read()
    identifier = sys.argv[2] if len(sys.argv) > 2 else f"msg_{uuid.uuid4()}"
    answer = send(os.environ["RUTA_URL"], os.environ["RUTA_INSTITUTION"], os.environ["RUTA_KEY"], identifier, content)
    print(answer.decode())
