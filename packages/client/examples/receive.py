#!/usr/bin/env python3
"""Receives webhooks with the standard library alone: verifies, answers the challenge, takes each event once, prints it.

RUTA_SECRET (whsec_..., the endpoint's; several with commas while they change), PORT.
"""
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = [base64.b64decode(text.removeprefix("whsec_")) for text in os.environ["RUTA_SECRET"].split(",")]
TOLERANCE_S = 300
MAX_BYTES = 256 * 1024
seen = set()  # keep it in your database, with the event


def verifies(headers, body: bytes) -> bool:
    """Whether one of our secrets signed these bytes lately."""
    webhook_id, timestamp = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return False
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    ours = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in SECRETS]
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one, other) for one in ours for other in given)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if body:
            self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BYTES:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        if not verifies(self.headers, body):
            return self.answer(401)
        event = json.loads(body)
        if event["type"] == "ruta.endpoint.challenge":
            return self.answer(200, json.dumps({"challenge": event["data"]["challenge"]}).encode())
        if self.headers["webhook-id"] not in seen:
            print(event["type"], event["data"].get("referral", ""), flush=True)
            seen.add(self.headers["webhook-id"])
        return self.answer(200)

    def log_message(self, *_args) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
