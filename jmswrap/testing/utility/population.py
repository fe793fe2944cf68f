"""The customers of a small utility, made from their numbers: the same number is always the same customer.

Objects are CCB's, in an order in which each comes after what it refers to. A customer's keys are its
number behind a digit that says what they are of.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jmswrap.testing.utility.catalog import BY_NAME, Entity

GIVEN = ("Ada", "Grace", "Edsger", "Barbara", "Tony", "Frances", "Niklaus", "Radia", "Dennis", "Margaret")
FAMILY = ("Lovelace", "Hopper", "Dijkstra", "Liskov", "Hoare", "Allen", "Wirth", "Perlman", "Ritchie", "Hamilton")
CITIES = ("Springfield", "Riverton", "Fairview", "Oak Hill", "Lakeside")
CYCLES = ("C01", "C02", "C03", "C04", "C05")
PERIOD_START, PERIOD_END = "2026-10-21", "2026-11-20"
"""The billed month."""
_MIDNIGHT = "T00:00:00Z"
_PERSON, _ACCOUNT, _AGREEMENT, _POINT, _METER, _CONFIGURATION, _REGISTER, _HISTORY, _READ, _RELATION = range(1, 11)
_OPTION, _EVENT = 11, 12


@dataclass(frozen=True, slots=True)
class Made:
    """An object of CCB's."""

    entity: Entity
    key: str
    agreement: str
    """The service agreement that it belongs to; empty: none."""
    document: dict[str, Any]


def person_key(number: int) -> str:
    """Return the key of a customer's person."""
    return _key(_PERSON, number)


def agreement_key(number: int) -> str:
    """Return the key of a customer's service agreement."""
    return _key(_AGREEMENT, number)


def cycles() -> Iterator[Made]:
    """Yield the bill cycles, which are nobody's."""
    for place, cycle in enumerate(CYCLES):
        schedule = {
            "windowStartDate": PERIOD_END,
            "windowEndDate": f"2026-11-{21 + place:02d}",
            "accountingDate": f"2026-11-{21 + place:02d}",
            "estimateDate": f"2026-11-{20 + place:02d}",
        }
        document = {"description": f"Monthly cycle {place + 1}", "schedule": [schedule]}
        yield Made(BY_NAME["bill_cycle"], cycle, "", document)


def customer(number: int) -> Iterator[Made]:
    """Yield all that CCB knows of a customer before this month's reading."""
    yield person(number)
    yield _made("service_point", _POINT, number, _service_point(number))
    yield _made("meter", _METER, number, _meter(number))
    yield _made("meter_configuration", _CONFIGURATION, number, _configuration(number))
    yield _made("sp_meter_history", _HISTORY, number, _history(number))
    if number % 10 == 0:
        yield _made("contract_option", _OPTION, number, _option(number))
        yield _made("contract_option_event", _EVENT, number, _option_event(number))
    yield _made("service_agreement", _AGREEMENT, number, _agreement(number))
    if number % 5 == 0:
        yield _made("sa_relationship", _RELATION, number, _relation(number))
    yield read(number, 0)


def person(number: int, moved: bool = False, country: str = "USA") -> Made:
    """Return a customer's person; one who moved lives elsewhere."""
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
    document = {
        "personOrBusiness": "B" if number % 20 == 7 else "P",
        "name": [{"nameType": "PRIM", "entityName": f"{family}, {given}", "isPrimary": True}],
        "identifier": [{"idType": "SSN", "idNumber": f"900-{number % 100:02d}-{number % 10_000:04d}"}],
        "phone": [{"phoneType": "HOME", "phoneNumber": f"(555) 010-{number % 10_000:04d}"}],
        "email": f"{given}.{family}@example.org".lower(),
        "address": {**_address(number + 3 if moved else number, moved), "country": country},
    }
    return _made("person", _PERSON, number, document)


def read(number: int, month: int) -> Made:
    """Return the reading at the beginning (0) or at the end (1) of the billed month."""
    reading = 1000 + number % 900 + month * (150 + number * 37 % 400)
    document = {
        "meterId": _key(_METER, number),
        "meterConfigurationId": _key(_CONFIGURATION, number),
        "readDateTime": (PERIOD_END if month else PERIOD_START) + _MIDNIGHT,
        "readSource": "MANUAL",
        "useOnBill": True,
        "registerRead": [{"registerId": _key(_REGISTER, number), "readType": "60", "reading": f"{reading}.0"}],
    }
    made = _made("meter_read", _READ, number, document)
    return Made(made.entity, f"{made.key}{month}", made.agreement, document)


def _key(kind: int, number: int) -> str:
    return f"{kind:02d}{number:08d}"


def _made(entity: str, kind: int, number: int, document: dict[str, Any]) -> Made:
    return Made(BY_NAME[entity], _key(kind, number), agreement_key(number), document)


def _address(number: int, moved: bool = False) -> dict[str, Any]:
    return {
        "address1": f"{number % 400 + 1} {'Harbour Road' if moved else 'Main Street'}",
        "city": CITIES[number % len(CITIES)],
        "state": "CA",
        "postal": f"9{number % 10_000:04d}",
    }


def _service_point(number: int) -> dict[str, Any]:
    return {
        "spType": "E-RES",
        "status": "IN-SERVICE",
        "sourceStatus": "CONNECTED",
        "premiseId": _key(20, number),
        "installDate": "2019-05-01",
        "disconnectLocation": "METR",
        "meterReadCycle": CYCLES[number % len(CYCLES)],
        "meterReadRoute": f"R{number % 40:03d}",
        "meterReadSequence": number % 500,
        "timeZone": "PST",
        "address": {**_address(number), "country": "USA"},
    }


def _meter(number: int) -> dict[str, Any]:
    return {
        "meterType": "E-MANUAL",
        "badgeNumber": f"B{number:07d}",
        "serialNumber": f"SN-{number:08d}",
        "status": "ACTIVE",
        "manufacturer": "GLOBEX" if number % 2 else "ACME",
        "model": "G4" if number % 2 else "A100",
        "receiveDate": "2019-04-02",
    }


def _configuration(number: int) -> dict[str, Any]:
    register = {
        "registerId": _key(_REGISTER, number),
        "readSequence": 1,
        "serviceType": "E",
        "uom": "KWH",
        "readOutType": "REG",
        "consumptiveSubtractive": "S",
        "digitsLeft": 6,
        "fullScale": 1_000_000,
        "registerConstant": 1,
    }
    return {
        "meterConfigurationId": _key(_CONFIGURATION, number),
        "meterId": _key(_METER, number),
        "configurationType": "E-SCALAR",
        "effectiveDateTime": "2019-05-01" + _MIDNIGHT,
        "timeZone": "PST",
        "register": [register],
    }


def _history(number: int) -> dict[str, Any]:
    installed = "2019-05-01" + _MIDNIGHT
    return {
        "spMeterHistoryId": _key(_HISTORY, number),
        "spId": _key(_POINT, number),
        "meterId": _key(_METER, number),
        "meterConfigurationId": _key(_CONFIGURATION, number),
        "installDateTime": installed,
        "installConstant": 1,
        "event": [{"sequence": 1, "eventType": "INSTALL", "eventDateTime": installed}],
    }


def _agreement(number: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "cisDivision": "CA",
        "saType": "E-RES",
        "status": "20",
        "startDate": "2019-05-01",
        "accountId": _key(_ACCOUNT, number),
        "personId": [person_key(number)],
        "billCycle": CYCLES[number % len(CYCLES)],
        "rateSchedule": "E-RES-1",
        "servicePoint": [
            {
                "spId": _key(_POINT, number),
                "startDateTime": "2019-05-01" + _MIDNIGHT,
                "usageFlag": "ADD",
                "usePercent": 100,
            }
        ],
    }
    return {**document, "contractOptionId": [_key(_OPTION, number)]} if number % 10 == 0 else document


def _relation(number: int) -> dict[str, Any]:
    return {
        "saId": agreement_key(number),
        "relationshipType": "ENERGY",
        "serviceProvider": "GREENPOWER",
        "startDate": "2021-01-01",
    }


def _option(number: int) -> dict[str, Any]:
    return {
        "optionType": "CPP",
        "description": f"Critical peak pricing of {agreement_key(number)}",
        "status": "ACTIVE",
        "startDate": "2024-01-01",
    }


def _option_event(number: int) -> dict[str, Any]:
    return {
        "contractOptionId": _key(_OPTION, number),
        "eventType": "PEAK",
        "status": "SCHEDULED",
        "startDateTime": "2026-11-24T16:00:00Z",
        "endDateTime": "2026-11-24T20:00:00Z",
        "value": "0.45",
    }
