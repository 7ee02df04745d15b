#!/usr/bin/env python3
"""Follows the inbox with the standard library alone: prints each event, then acknowledges it.

RUTA_URL, RUTA_TOKEN (rt_...). Usage: inbox.py [--once]
"""
import json
import os
import sys
import urllib.request

URL = os.environ["RUTA_URL"]
HEADERS = {"authorization": f"Bearer {os.environ['RUTA_TOKEN']}"}
seen = set()  # an acknowledgement can get lost: then an item comes again, under the same webhook-id


def ask(path: str, body=None, timeout: float = 15):
    data = None if body is None else json.dumps(body).encode()
    headers = HEADERS if data is None else {**HEADERS, "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(URL + path, data=data, headers=headers), timeout=timeout) as answer:
        return json.loads(answer.read() or b"{}")


def read_page(wait_s: int) -> None:
    """One page: begins where the last acknowledgement left off."""
    for item in ask(f"/v1/inbox?wait={wait_s}", timeout=wait_s + 15)["items"]:
        if item["webhookId"] not in seen:
            print(item["event"]["type"], item["event"]["data"].get("referral", ""), flush=True)
            seen.add(item["webhookId"])
        # Only now that it is done with: what is not acknowledged comes again.
        ask("/v1/inbox/ack", {"cursor": item["cursor"]})


if __name__ == "__main__":
    if "--once" in sys.argv:
        read_page(0)
    else:
        while True:
            read_page(30)
