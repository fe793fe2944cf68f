"""A Write service of your own: typed parameters in, a message on a queue, a receipt out.

jmswrap derives services from a partner's WSDL by itself. Where you would rather write the
operation in Python - because the caller's shape is not the partner's, or because something
must be looked up first - write an ordinary Spyne service and name it in ``jmswrap.yaml``:

    services:
      MeterReadings:
        python: meter_readings:MeterReadings

It is served at ``/services/MeterReadings`` by the same gateway as the derived services:
the same guard, the same faults, the same limits, in SOAP 1.1 and 1.2. Its WSDL is made from
the types below, once at start, with the configured public address.

What a method may rely on:

- ``ctx.udc`` is the integration's queues. ``ctx.udc.put(queue, body, key=…)`` returns a
  receipt once the message is on disk, and never before.
- ``key`` keeps the messages of one meter in order; ``source_id`` makes a repeated call
  harmless: the second receipt says DUPLICATE and names the same message.
- It runs in a thread and may block. A store that is away becomes a Server fault and HTTP
  503 by itself; raise ``spyne.Fault("Client.…", sentence)`` for what the caller did wrong.
- A parameter that is out of its declared bounds never reaches the method.

Run it (the module stands beside ``jmswrap.yaml``, or anywhere on the Python path):

    jmswrap up -c examples/typed_service

and send ``reading.xml`` to http://127.0.0.1:8080/services/MeterReadings:

    curl -H 'Content-Type: text/xml' --data-binary @reading.xml http://127.0.0.1:8080/services/MeterReadings
"""

from typing import Any

from lxml import etree
from spyne import ComplexModel, DateTime, Decimal, Fault, ServiceBase, Unicode, rpc

NAMESPACE = "urn:example:meter-readings"
QUEUE = "readings"


class Reading(ComplexModel):
    """One reading of a meter."""

    __namespace__ = NAMESPACE

    meter = Unicode(min_occurs=1, nillable=False, max_len=20, pattern="[A-Z0-9-]+")
    taken = DateTime(min_occurs=1, nillable=False)
    value = Decimal(min_occurs=1, nillable=False, ge=0)
    unit = Unicode(min_occurs=1, nillable=False, values=["kWh", "m3"])


class Stored(ComplexModel):
    """What the caller gets: the name of the message and whether it was new."""

    __namespace__ = NAMESPACE

    message_id = Unicode(min_occurs=1, nillable=False)
    status = Unicode(min_occurs=1, nillable=False)


class MeterReadings(ServiceBase):
    """Takes readings and puts each on the queue of its meter's application."""

    __tns__ = NAMESPACE

    @rpc(Reading.customize(min_occurs=1, nillable=False), _returns=Stored.customize(min_occurs=1, nillable=False))
    def report(ctx: Any, reading: Any) -> Any:  # noqa: N805 - Spyne's methods take the call's context
        """Store a reading; the same meter and time again is the same message."""
        if reading.meter.startswith("TEST-"):
            raise Fault("Client.TestMeter", "Readings of test meters are not stored; send those of a real one.")
        body = etree.Element(f"{{{NAMESPACE}}}MeterRead", nsmap={None: NAMESPACE})
        for name, value in (("Meter", reading.meter), ("At", reading.taken.isoformat()), ("Value", str(reading.value))):
            etree.SubElement(body, f"{{{NAMESPACE}}}{name}").text = value
        source_id = f"{reading.meter} {reading.taken.isoformat()}"
        receipt = ctx.udc.put(QUEUE, body, key=reading.meter, source_id=source_id)
        return Stored(message_id=receipt.message_id, status=str(receipt.status))
