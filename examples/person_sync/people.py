"""The people of a small utility, and what changes about them in a morning."""

from collections.abc import Iterator
from typing import Any

GIVEN = ("Ada", "Grace", "Edsger", "Barbara", "Tony", "Frances", "Niklaus", "Radia", "Dennis", "Margaret")
FAMILY = ("Lovelace", "Hopper", "Dijkstra", "Liskov", "Hoare", "Allen", "Wirth", "Perlman", "Ritchie", "Hamilton")
CITIES = ("Springfield", "Riverton", "Fairview", "Oak Hill", "Lakeside")


def changes(people: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield sync requests: each round changes every person once, so a person's changes have an order."""
    number = 0
    for step in range(rounds):
        for person in range(people):
            number += 1
            yield _request(number, person, step)


def _request(number: int, person: int, step: int) -> dict[str, Any]:
    given, family = GIVEN[person % len(GIVEN)], FAMILY[person // len(GIVEN) % len(FAMILY)]
    return {
        "syncRequestId": f"20261121{number:06d}",
        "bo": "C1-MDM2PersonSyncRequest",
        "version": step + 1,
        "sourceSystem": "OU_CCB2_01",
        "initialLoad": step == 0,
        "mo": "PERSON",
        "pkValue1": f"4711{person:06d}",
        "person": {
            "personOrBusiness": "P",
            "name": [{"nameType": "PRIM", "entityName": f"{family}, {given}", "isPrimary": True}],
            "phone": [{"phoneType": "HOME", "phoneNumber": f"(555) 010-{person:04d}"}],
            "email": f"{given}.{family}@example.org".lower(),
            "address": {
                "address1": f"{person + 1} {'Main Street' if step == 0 else 'Harbour Road'}",
                "city": CITIES[(person + step) % len(CITIES)],
                "postal": f"9{person:04d}",
                "country": "USA",
            },
        },
    }
