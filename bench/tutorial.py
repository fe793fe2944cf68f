"""The way a tutorial builds it: typed Spyne, one RQ job a message, a zeep client in each job.

It is what one gets from the three libraries' own introductions, on the same store with the
same durability, and it is the peer of ``make bench``.
"""

import os

import jmswrap.soap  # noqa: F401  makes Spyne 2.14 importable on Python 3.12 and later

# isort: split

import redis
import rq
from spyne import Application, ComplexModel, DateTime, Decimal, Integer, ServiceBase, Unicode, rpc
from spyne.model.complex import Array
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication
from spyne.util.odict import odict

from bench.tutorial_jobs import NAMESPACE, deliver

QUEUE = "tutorial"


class Line(ComplexModel):
    """One line of an order."""

    __namespace__ = NAMESPACE
    _type_info = odict([("item", Unicode), ("quantity", Integer), ("price", Decimal), ("note", Unicode)])


class Orders(ServiceBase):
    """The front: takes an order, puts a job on the queue, answers."""

    @rpc(Unicode, Unicode, DateTime, Array(Line), _returns=Unicode)
    def submitOrder(ctx, orderId, customer, orderedAt, lines):  # noqa: N802, N803, N805  Spyne takes names from here
        """Queue the order."""
        queue = ctx.app.queue
        order = {
            "orderId": orderId,
            "customer": customer,
            "orderedAt": orderedAt,
            "lines": {
                "Line": [
                    {"item": line.item, "quantity": line.quantity, "price": line.price, "note": line.note}
                    for line in lines or ()
                ]
            },
        }
        return queue.enqueue(deliver, order).id


def application() -> WsgiApplication:
    """Return the WSGI application; gunicorn calls this in each worker."""
    app = Application([Orders], NAMESPACE, in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
    app.queue = rq.Queue(QUEUE, connection=redis.Redis.from_url(os.environ["TUTORIAL_REDIS"]))
    return WsgiApplication(app)
