"""The bridge as a process: its broker goes and comes, ``jmswrap up`` runs it, TLS is verified."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import machine
import pytest
import trustme
from activemq import PASSWORD, USERNAME, ActiveMQ
from bridge_site import PATIENCE_SECONDS, Cut, Site, bodies, bridge_findings, incoming, outgoing

from jmswrap import queues
from jmswrap.states import State

pytest.importorskip("stomp", reason="stomp.py is not installed: pip install 'jmswrap[stomp]'")


def test_a_broker_that_is_away_is_told_and_waited_for(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)], "to": [outgoing(site)]})
    assert "no process runs it" in bridge_findings(site)[0]
    site.start()
    site.until(lambda: bridge_findings(site) == [], "both ends up")
    broker.stop()
    try:
        site.until(lambda: len(bridge_findings(site)) == 2, "both ends down")
        site.put("outbox", 5)
        assert site.count("outbox", State.DELIVERED) == 0
        command = [sys.executable, "-m", "jmswrap", "queues", "-c", str(site.folder)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "carries nothing" in told.stdout
    finally:
        broker.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 5, "what had waited")
    site.until(lambda: bridge_findings(site) == [], "both ends up again")
    site.stop()
    assert "no process runs it" in bridge_findings(site)[0]


def test_up_runs_the_bridge_and_gives_back_at_once_what_a_killed_one_had(
    tmp_path: Path, broker: ActiveMQ, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", PASSWORD)
    cut.word = b"RECEIPT\n"
    ends = f"to: [{{queue: outbox, destination: /queue/OPEN.{tmp_path.name}}}]"
    login = f"username: {USERNAME}, password: 'env:BROKER_PASSWORD'"
    (tmp_path / "jmswrap.yaml").write_text(
        "jmswrap: 1\nname: site\nstore: {lease_seconds: 600}\nhistory: {url: none}\nworkers: {processes: 1}\n"
        f"routes: {{}}\nbridges:\n  plant: {{host: 127.0.0.1, port: {cut.port}, {login}, {ends}}}\n"
    )
    with machine.up(tmp_path) as running:
        with queues.connect(tmp_path) as mine:
            put = mine.put("outbox", "<o/>")
        assert cut.met.wait(PATIENCE_SECONDS)
        os.kill(running.facts["children"]["bridge"], signal.SIGKILL)
        cut.heal()
        machine.eventually(
            lambda: running.jmswrap("show", put.message_id)["state"] == "DELIVERED" or None, "it, not a lease later"
        )
    with broker.client() as other:
        frames = other.take(f"/queue/OPEN.{tmp_path.name}", expected=2)
    assert [said["JMSWRAP_Redelivered"] for _, said, _ in frames] == ["false", "true"]
    assert "status=" in running.log.read_text()


def test_a_broker_is_spoken_to_over_tls_and_its_certificate_is_verified(
    site: Site, broker: ActiveMQ, authority: trustme.CA
) -> None:
    if not broker.tls_port:
        pytest.skip("openssl is not installed: it makes the broker's key store")
    authority.cert_pem.write_to_path(site.folder / "ca.pem")
    site.port = broker.tls_port
    site.configure(tls={"ca": "ca.pem"}, to=[outgoing(site)], **{"from": [incoming(site)]})
    site.put("outbox", 60)
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(60))
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 60, "what goes")
    site.until(lambda: site.count("inbox", State.QUEUED) == 60, "what comes")
    site.stop()
    site.configure(tls={}, to=[outgoing(site)])
    site.start()
    site.until(lambda: any("not trusted" in said for said in bridge_findings(site)), "the distrust")
