"""What CCB and MDM know of each other's objects: a table of entities, field by field.

It is written down a second time here, beside the integration's stylesheets, on purpose: MDM's
objects are compared with what this table makes of CCB's, so a stylesheet that drops or swaps a
field shows. Codes are translated by the value maps that both applications' administrators share.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jmswrap.testing.utility.documents import Document, Flat, flat, text
from jmswrap.transform import dvm


@dataclass(frozen=True, slots=True)
class Field:
    """A field of CCB's, and where it stands in MDM."""

    source: str
    target: str
    """Empty: MDM does not have it."""
    map: str = ""
    """The value map that translates it."""
    qualifier: str = ""
    """The field that says with it which row of the map counts."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of MDM's that names another object by its key in CCB."""

    path: str
    entity: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of object, as both applications call it."""

    name: str
    process: str
    """What the names of services call it."""
    mo: str
    """Its maintenance object in CCB."""
    source: str
    """The element that holds it in CCB's message."""
    target: str
    """The element that holds it in MDM's message."""
    table: str
    """MDM's table of it."""
    fields: tuple[Field, ...]
    references: tuple[Reference, ...] = ()

    @property
    def request_service(self) -> str:
        """The Write service that CCB calls."""
        return f"OUCCB2OUMDM2{self.process}SyncReqJMSWriteSvc"

    @property
    def response_service(self) -> str:
        """The Write service that MDM answers by."""
        return f"OUMDM2OUCCB2{self.process}SyncRespJMSWriteSvc"


def _same(*names: str, under: tuple[str, str] = ("", "")) -> tuple[Field, ...]:
    return tuple(Field(under[0] + name, under[1] + name) for name in names)


_ADDRESS = (
    *_same("address1", "address2", "city", "state", "postal", under=("address/", "address/")),
    Field("address/country", "address/country", "OUCCB2_OUMDM2_Country"),
)
_REGISTER = (
    Field("register/registerId", "measuringComponent/externalId"),
    Field("register/readSequence", "measuringComponent/sequence"),
    Field("register/serviceType", "measuringComponent/serviceType", "OUCCB2_OUMDM2_MCServiceType"),
    Field("register/uom", "measuringComponent/unitOfMeasure", "OUMDM2_OUCCB2_UOM"),
    Field("register/tou", "measuringComponent/timeOfUse", "OUMDM2_OUCCB2_TOU"),
    Field("register/readOutType", "measuringComponent/readOutType", "OUCCB2_OUMDM2_ReadOutType"),
    Field("register/consumptiveSubtractive", "measuringComponent/consumptiveSubtractive"),
    Field("register/digitsLeft", "measuringComponent/numberOfDigitsLeft"),
    Field("register/fullScale", "measuringComponent/fullScale"),
    Field("register/registerConstant", "measuringComponent/multiplier"),
)

ENTITIES = (
    Entity(
        "bill_cycle",
        "BillCycle",
        "BILL CYCLE",
        "billCycle",
        "billCycle",
        "bill_cycle",
        (
            *_same("description"),
            *_same("windowStartDate", "windowEndDate", "accountingDate", under=("schedule/", "schedule/")),
            Field("schedule/estimateDate", "schedule/estimationDate"),
        ),
    ),
    Entity(
        "person",
        "Person",
        "PERSON",
        "person",
        "contact",
        "contact",
        (
            Field("personOrBusiness", "contactType", "OUCCB2_OUMDM2_ContactType"),
            *_same("nameType", "entityName", under=("name/", "name/")),
            Field("name/isPrimary", "name/primary"),
            Field("identifier/idType", "identifier/identifierType"),
            Field("identifier/idNumber", "identifier/identifierValue"),
            *_same("phoneType", "phoneNumber", under=("phone/", "phone/")),
            Field("email", "emailAddress"),
            *_ADDRESS,
        ),
    ),
    Entity(
        "service_point",
        "SP",
        "SP",
        "servicePoint",
        "servicePoint",
        "service_point",
        (
            Field("spType", "servicePointType", "OUCCB2_OUMDM2_SPType"),
            *_same("status", "timeZone", "sourceStatus"),
            Field("premiseId", "premiseExternalId"),
            Field("installDate", "installationDate"),
            Field("disconnectLocation", "disconnectLocation", "OUCCB2_OUMDM2_DisconnectLocation"),
            Field("meterReadCycle", "measurementCycle"),
            Field("meterReadRoute", "measurementCycleRoute"),
            Field("meterReadSequence", "measurementCycleSequence"),
            *_ADDRESS,
        ),
    ),
    Entity(
        "meter",
        "Meter",
        "METER",
        "meter",
        "device",
        "device",
        (
            Field("meterType", "deviceType", "OUCCB2_OUMDM2_DeviceType"),
            *_same("badgeNumber", "serialNumber", "status"),
            Field("manufacturer", "manufacturer", "OUCCB2_OUMDM2_Manufacturer"),
            Field("model", "model", "OUCCB2_OUMDM2_Model"),
            Field("receiveDate", "receiptDate"),
        ),
    ),
    Entity(
        "meter_configuration",
        "MeterConfig",
        "MTR CONFIG",
        "meterConfiguration",
        "deviceConfiguration",
        "device_configuration",
        (
            Field("meterConfigurationId", "externalId"),
            Field("meterId", "deviceExternalId"),
            Field("configurationType", "deviceConfigurationType", "OUCCB2_OUMDM2_DeviceConfigType"),
            *_same("effectiveDateTime", "timeZone"),
            *_REGISTER,
        ),
        (Reference("deviceExternalId", "meter"),),
    ),
    Entity(
        "sp_meter_history",
        "SPMeterHistory",
        "SP-MTR HIST",
        "spMeterHistory",
        "installEvent",
        "install_event",
        (
            Field("spMeterHistoryId", "externalId"),
            Field("spId", "servicePointExternalId"),
            Field("meterId", "deviceExternalId"),
            Field("meterConfigurationId", "deviceConfigurationExternalId"),
            *_same("installDateTime", "removalDateTime"),
            Field("installConstant", "installationConstant"),
            *_same("sequence", "eventType", "eventDateTime", under=("event/", "onOffEvent/")),
        ),
        (
            Reference("servicePointExternalId", "service_point"),
            Reference("deviceExternalId", "meter"),
            Reference("deviceConfigurationExternalId", "meter_configuration"),
        ),
    ),
    Entity(
        "contract_option",
        "DynamicOption",
        "CONTRACT OPT",
        "contractOption",
        "dynamicOption",
        "dynamic_option",
        (Field("optionType", "dynamicOptionType"), *_same("description", "status", "startDate")),
    ),
    Entity(
        "contract_option_event",
        "DynamicOptionEvent",
        "CONTRACT OPT EVT",
        "contractOptionEvent",
        "dynamicOptionEvent",
        "dynamic_option_event",
        (
            Field("contractOptionId", "dynamicOptionExternalId"),
            *_same("eventType", "status", "startDateTime", "endDateTime", "value"),
        ),
        (Reference("dynamicOptionExternalId", "contract_option"),),
    ),
    Entity(
        "service_agreement",
        "SA",
        "SA",
        "serviceAgreement",
        "usageSubscription",
        "usage_subscription",
        (
            Field("cisDivision", ""),
            Field("saType", "usageSubscriptionType", "OUCCB2_OUMDM2_USType", "cisDivision"),
            *_same("status", "startDate", "endDate", "billCycle", "rateSchedule"),
            Field("accountId", "accountExternalId"),
            Field("personId", "contactExternalId"),
            Field("servicePoint/spId", "subscriptionServicePoint/servicePointExternalId"),
            *_same("startDateTime", "usageFlag", "usePercent", under=("servicePoint/", "subscriptionServicePoint/")),
            Field("contractOptionId", "dynamicOptionExternalId"),
        ),
        (
            Reference("contactExternalId", "person"),
            Reference("subscriptionServicePoint/servicePointExternalId", "service_point"),
            Reference("dynamicOptionExternalId", "contract_option"),
            Reference("billCycle", "bill_cycle"),
        ),
    ),
    Entity(
        "sa_relationship",
        "SARel",
        "SA RELATION",
        "saRelationship",
        "subscriptionRelationship",
        "subscription_relationship",
        (
            Field("saId", "usageSubscriptionExternalId"),
            *_same("relationshipType", "serviceProvider", "startDate", "endDate"),
        ),
        (Reference("usageSubscriptionExternalId", "service_agreement"),),
    ),
    Entity(
        "meter_read",
        "MeterRead",
        "METER READ",
        "meterRead",
        "initialMeasurement",
        "initial_measurement",
        (
            Field("meterId", "deviceExternalId"),
            Field("meterConfigurationId", "deviceConfigurationExternalId"),
            *_same("readDateTime", "readSource"),
            Field("useOnBill", "useInBilling"),
            Field("registerRead/registerId", "measurement/measuringComponentExternalId"),
            *_same("readType", "reading", under=("registerRead/", "measurement/")),
        ),
        (Reference("deviceConfigurationExternalId", "meter_configuration"),),
    ),
)
"""In an order in which each comes after what it refers to."""

BY_NAME: Mapping[str, Entity] = {entity.name: entity for entity in ENTITIES}
BY_TARGET: Mapping[str, Entity] = {entity.target: entity for entity in ENTITIES}


class ValueMaps:
    """The value maps of an integration."""

    def __init__(self, folder: Path) -> None:
        self._maps = {file.stem: dvm.read(file) for file in sorted(folder.rglob("*.dvm"))}

    def value(self, name: str, value: str, source: str, target: str) -> str:
        """Translate between ``OUCCB2`` and ``OUMDM2``; what has no row stays as it is."""
        kind = name.rpartition("_")[2]
        known = self._maps.get(name)
        found = None if known is None else known.value(f"{source}_{kind}", value, f"{target}_{kind}")
        return value if found is None else found

    def known(self, name: str, value: str) -> bool:
        """Tell whether a code is one of MDM's, where the map says all there are."""
        known = self._maps.get(name)
        if known is None:
            return True
        place = known.columns.index(f"OUMDM2_{name.rpartition('_')[2]}")
        return any(row[place] == value for row in known.rows)


def expected(entity: Entity, document: Document, maps: ValueMaps) -> Flat:
    """Return what MDM must have of an object of CCB's; ``?path`` is a field that nobody maps."""
    texts = flat(document)
    fields = {field.source: field for field in entity.fields}
    found: dict[str, tuple[str, ...]] = {}
    for path, values in texts.items():
        field = fields.get(path)
        target = f"?{path}" if field is None else field.target
        if target:
            found[target] = tuple(_translated(field, value, texts, maps) for value in values)
    return found


def _translated(field: Field | None, value: str, texts: Flat, maps: ValueMaps) -> str:
    if field is None or not field.map:
        return text(value)
    asked = f"{texts[field.qualifier][0]}!{value}" if field.qualifier else value
    found = maps.value(field.map, asked, "OUCCB2", "OUMDM2")
    return value if found == asked else found
