"""Two applications that put messages on queues and take them off: no SOAP, no partner.

While ``jmswrap up -c examples/queue_to_queue`` runs:

    python -m examples.queue_to_queue.applications put 20
    python -m examples.queue_to_queue.applications work
"""

import sys
from pathlib import Path

from jmswrap import queues

HERE = Path(__file__).parent


def put(count: int, config: Path = HERE) -> None:
    """The billing application: it may be run again after a failure, no order is doubled."""
    with queues.connect(config) as site:
        for number in range(1, count + 1):
            receipt = site.put(
                "orders", f'<order number="{number}" customer="c{number % 3}"/>', source_id=f"o-{number}"
            )
            print(receipt.message_id, receipt.status)


def work(config: Path = HERE, wait_seconds: float = 5) -> list[str]:
    """The workshop's application: it takes orders until none has come for a while."""
    dealt_with = []
    with queues.connect(config) as site:
        for message in site.take("work", wait_seconds):
            number = message.element.get("number", "")
            if message.redelivered:
                print(f"order {number} may have been dealt with before: look it up first")
            if not number:
                message.reject("an order needs a number", hold_key=False)
                continue
            dealt_with.append(number)
            message.done()
    return dealt_with


if __name__ == "__main__":
    if sys.argv[1:2] == ["put"]:
        put(int(sys.argv[2]))
    else:
        print(*work())
