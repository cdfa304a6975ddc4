"""Web servers on loopback that record every call and answer by a script."""

import datetime
import http.server
import ipaddress
import json
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ACCOUNT = "000000000000"


def certificate(folder):
    """A certificate for 127.0.0.1 that is its own root; answers the files of both halves."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
            .add_extension(host, critical=False).sign(key, hashes.SHA256()))
    pem, secret = folder / "receiver.pem", folder / "receiver.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
    return pem, secret


class Receiver(http.server.ThreadingHTTPServer):
    """Answers POSTs with what `answer(call)` says: (status, text) or None for a cut connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer=lambda call: (200, "{}"), tls=None, account=ACCOUNT):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.account, self.calls, self.heads = answer, account, [], []
        self.lock = threading.Lock()
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass

    def told(self):
        """The endpoints of all calls, one entry for each time."""
        with self.lock:
            return [endpoint for call in self.calls for endpoint in call["body"]["Endpoints"]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.server.heads.append(self.path)
        self.send_response(200)
        if self.server.account:
            self.send_header("X-Amz-Pinpoint-AccountId", self.server.account)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call = {"path": self.path, "headers": dict(self.headers), "body": body}
        with self.server.lock:
            self.server.calls.append(call)
        said = self.server.answer(call)
        if said is None:
            self.close_connection = True
            return
        status, text = said
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass
