"""Receives webhooks of the relay and believes none that is not signed with the secret. Python 3.8 or later, no packages.

    WEBHOOK_SECRET=whsec_… PORT=3000 python3 verify.py
"""

import base64
import hashlib
import hmac
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# A copy of an old request is good for this long, and clocks may differ by as much.
TOLERANCE_SECONDS = 5 * 60


class NotVerified(Exception):
    """The request is too old, or not signed with the secret."""


def verify(secret, headers, body):
    """Raises NotVerified unless the request was signed with the secret, and not long ago.

    body: the very bytes that came, not what a parser has made of them.
    """
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotVerified("the webhook is too old, or says nothing of its age")

    key = base64.b64decode(secret[len("whsec_"):] if secret.startswith("whsec_") else secret)
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # While the secret is being replaced there are two signatures, and one has to be good.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    if not any(hmac.compare_digest(signature, expected) for signature in given):
        raise NotVerified("the webhook is not signed with this secret")


class Receiver(BaseHTTPRequestHandler):
    secret = ""
    # The ids of the webhooks that were worked off: keep yours where it outlives the process.
    done = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            verify(self.secret, self.headers, body)
        except NotVerified as error:
            self.answer(401, str(error))
            return
        webhook_id = self.headers["webhook-id"]
        if webhook_id not in self.done:
            order = parse_qs(urlsplit(self.path).query).get("orderid", [None])[0]
            print(f"{webhook_id}: order {order}, {len(body)} bytes", flush=True)
            self.done.add(webhook_id)
        self.answer(200)

    def answer(self, status, text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Request lines hold order ids: they are not for the log."""


if __name__ == "__main__":
    Receiver.secret = os.environ["WEBHOOK_SECRET"]
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "3000"))), Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
