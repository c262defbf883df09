"""A stand-in for Spate's door that knows one route: what became of a command, by its key."""
import http.server
import json
import threading
import urllib.parse


class AnsweringServer(http.server.ThreadingHTTPServer):
    """Answers 202 to the first question about a key, 503 to the second, then 200.

    `asked` holds (path, key, source, Prefer) of each question.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Door)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class _Door(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        fields = dict(urllib.parse.parse_qsl(query))
        question = (path, fields.get("key"), fields.get("source"), self.headers.get("Prefer"))
        self.server.asked.append(question)
        status = {1: 202, 2: 503}.get(self.server.asked.count(question), 200)
        body = json.dumps({"outcome": "accepted"} if status == 200 else {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
