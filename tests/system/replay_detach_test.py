"""spate replay rebuild --detach returns when the rebuild has begun, not when it is only ordered.

usage: replay_detach_test.py BUILD_DIR
"""
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from server_kit import spate  # noqa: E402

LOOKS_BEFORE = 3


class SlowToBegin(http.server.BaseHTTPRequestHandler):
    """A server whose rebuild takes its order at the third look."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(True)

    def do_GET(self):
        self.server.looks += 1
        self.answer(self.server.looks < LOOKS_BEFORE)

    def answer(self, ordered):
        body = json.dumps({"stage": "folding", "ordered": ordered, "projections": ["orders"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowToBegin) as server:
    server.looks = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ran = spate("replay", "rebuild", "orders", "--detach", "-o", "json", "--server",
                f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
assert ran.returncode == 0, (ran.returncode, ran.stderr)
assert json.loads(ran.stdout)["ordered"] is False, ran.stdout
assert server.looks == LOOKS_BEFORE, server.looks
print("1 passed, 0 failed")
