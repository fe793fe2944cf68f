"""Delivered messages leave a running integration for its history by themselves."""

import json
from pathlib import Path

from machine import eventually, up

from jmswrap.contract.wrap import wrap

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"


def test_what_was_delivered_is_found_in_the_history_and_no_longer_in_redis(tmp_path, monkeypatch):
    monkeypatch.setenv("JMSWRAP_OVERRIDES", json.dumps({"history": {"after_seconds": 0.2}}))
    folder = tmp_path / "orders"
    wrap(str(ORDERS), folder)
    sample = folder / "samples" / "Place.xml"
    with up(folder, "--simulate") as machine:
        sent = {one["message_id"] for one in machine.jmswrap("send", "Orders", sample, sample, sample)}

        def kept() -> bool:
            found = machine.jmswrap("history")
            return found["messages"] == len(sent) and found["waiting"] == 0

        eventually(kept, "the messages in the history")
        assert {one["id"] for one in machine.jmswrap("messages", "--history")} == sent
        assert {one["id"] for one in machine.jmswrap("messages")} == sent
        (queue,) = machine.jmswrap("queues")
        assert queue["counts"] == {}
        shown = machine.jmswrap("show", sent.pop())
        assert (shown["state"], [a["outcome"] for a in shown["attempts"]]) == ("DELIVERED", ["replied"])
        assert machine.stop() == 0
