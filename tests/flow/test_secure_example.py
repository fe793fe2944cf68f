"""examples/secure_gateway does what its first lines say."""

import base64
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.flow.machine import up

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_secure_gateway_lets_its_client_in_and_nobody_else(tmp_path, monkeypatch):
    folder = tmp_path / "secure_gateway"
    shutil.copytree(EXAMPLES / "secure_gateway", folder, ignore=shutil.ignore_patterns("data", "tls"))
    subprocess.run(["sh", str(folder / "certificate.sh")], check=True, capture_output=True, timeout=60)
    monkeypatch.setenv("CCB_PASSWORD", "let-me-in")
    trust = ssl.create_default_context(cafile=folder / "tls" / "gateway.pem")

    def call(address: str, password: str) -> tuple[int, bytes]:
        word = base64.b64encode(f"ccb:{password}".encode()).decode()
        headers = {"Content-Type": "text/xml", "Authorization": f"Basic {word}"}
        body = (EXAMPLES / "typed_service" / "reading.xml").read_bytes()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, body, headers), timeout=30, context=trust
            ) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    with up(folder, "--workers", 1) as running:
        address = f"https://localhost:{running.facts['port']}/services/MeterReadings"
        assert call(address, "wrong")[0] == 401
        status, receipt = call(address, "let-me-in")
        assert status == 200
        assert b"ACCEPTED" in receipt
