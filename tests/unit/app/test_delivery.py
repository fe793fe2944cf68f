from pathlib import Path

import pytest

from jmswrap.app.delivery import plans, shape_for
from jmswrap.app.integration import load
from jmswrap.deliver.delivery import Call, Put
from jmswrap.errors import Refused
from jmswrap.message import Message

CCB_MDM = Path(__file__).parents[3] / "jmswrap" / "integrations" / "ccb_mdm"
READ = "OUCCB2OUMDM2PersonSyncReqJMSReadSvc"
TARGET_QUEUE = "OUCCB2OUMDM2PersonReqTargetQueue"
D1 = "http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"


def test_every_queue_that_a_route_consumes_has_a_plan():
    made = plans(load(CCB_MDM))
    assert len(made) == 55
    read = made[TARGET_QUEUE].deliveries[READ]
    assert isinstance(read.target, Call)
    assert (read.target.partner.name, read.idempotent, read.redeliver, read.on_dead) == (
        "mdm_person",
        True,
        True,
        "hold",
    )
    assert made[TARGET_QUEUE].guard.partner == "mdm_person"
    write = made["OUCCB2OUMDM2PersonReqSourceQueue"].deliveries["OUCCB2OUMDM2PersonSyncReqEBF"]
    assert isinstance(write.target, Put)
    assert (write.target.queue, write.target.route, len(write.steps)) == (TARGET_QUEUE, READ, 1)
    assert made["OUCCB2OUMDM2PersonReqSourceQueue"].guard.partner == ""


def test_a_forwarded_message_gets_the_key_that_its_next_route_asks_for():
    body = f'<D1-SyncRequestInbound xmlns="{D1}"><externalPkValue1>P7</externalPkValue1></D1-SyncRequestInbound>'
    message = Message("id1", TARGET_QUEUE, READ, body.encode(), key="old", correlation_id="c")
    shaped = shape_for(load(CCB_MDM).config, READ)(message)
    assert (shaped.id, shaped.key, shaped.correlation_id) == ("id1", "P7", "c")


def test_a_forwarded_message_without_the_key_its_next_route_demands_is_refused():
    message = Message("id1", TARGET_QUEUE, READ, f'<D1-SyncRequestInbound xmlns="{D1}"/>'.encode())
    with pytest.raises(Refused, match="has no key"):
        shape_for(load(CCB_MDM).config, READ)(message)
