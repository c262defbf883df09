"""A certificate authority for one test, the broker's certificate and a client's, made by openssl."""
import shutil
import subprocess

import java_runtime

DAYS = "30"


def _openssl(folder, *arguments):
    said = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    if said.returncode != 0:
        raise java_runtime.Unavailable(f"openssl {arguments[0]} failed:\n{said.stderr}")


def _issue(folder, name, subject, alternatives):
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternatives}\n")
    _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", subject,
             "-out", f"{name}.csr")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
             "-CAcreateserial", "-days", DAYS, "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def make(folder):
    """Files: ca.crt, broker.pem (key and certificate, as Kafka reads them), client.key, client.crt."""
    if (folder / "broker.pem").exists():
        return
    if not shutil.which("openssl"):
        java_runtime.install("KAFKA_TLS_PACKAGES")
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-days", DAYS,
             "-subj", "/CN=Test authority of a broker on loopback", "-out", "ca.crt")
    _issue(folder, "broker", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
    _issue(folder, "client", "/CN=shop", "DNS:shop")
    key, certificate = (folder / "broker.key").read_text(), (folder / "broker.crt").read_text()
    (folder / "broker.pem").write_text(key + certificate)
