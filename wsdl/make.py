"""Writes the WSDLs of the CCB-MDM integration, which differ in names only: `python wsdl/make.py`.

The schemas are written by hand, in `ccb_mdm/ccb` and `ccb_mdm/mdm`; a test holds what this writes
against what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "ccb_mdm"
OUAF = "http://ouaf.oracle.com/webservices"
D1, D2 = f"{OUAF}/d1/D1-SyncRequestInbound", f"{OUAF}/d2/D2-UsageTransactionRequestInbound"
F1 = f"{OUAF}/f1/F1-UpdateAndTransitionSyncRequest"
REQUEST, RESPONSE = "OUCCB2OUMDM2", "OUMDM2OUCCB2"
OWN_DESIGN = (
    "The name follows the pattern of the vendor's Read services; the operation and the types are jmswrap's own design."
)


@dataclass(frozen=True, slots=True)
class Element:
    """A message's root: its schema file and its name."""

    schema: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Sync:
    """A synchronization of master data from CCB to MDM."""

    title: str
    key: str
    """What its schemas are called."""
    entity: str
    """What the vendor's names call it."""
    service: str = ""
    """MDM's own service for it; empty: the generic one."""


SYNCS = (
    Sync("Person Information Sync", "person", "Person", "D1-SyncRequestInboundContact"),
    Sync("SP Information Sync", "sp", "SP", "D1-SyncRequestInboundSP"),
    Sync("SA Information Sync", "sa", "SA"),
    Sync("SA Relationship Sync", "sa-relationship", "SARel"),
    Sync("Meter Information Sync", "meter", "Meter"),
    Sync("Meter Configuration Sync", "meter-configuration", "MeterConfig"),
    Sync("SP-Meter History Sync", "sp-meter-history", "SPMeterHistory"),
    Sync("Scalar Meter Read Sync", "meter-read", "MeterRead"),
    Sync("Dynamic Option Sync", "dynamic-option", "DynamicOption"),
    Sync("Dynamic Option Event Sync", "dynamic-option-event", "DynamicOptionEvent"),
    Sync("Bill Cycle Sync", "bill-cycle", "BillCycle"),
)
BILLINGS = (("batch", "Batch"), ("online", "Online"))
SYNC_RESPONSE = Element("mdm/sync-response.xsd", "urn:jmswrap:ccb-mdm:mdm:sync-response:1", "syncRequestResponse")
USAGE_RESPONSE = Element(
    "mdm/usage-response.xsd", "urn:jmswrap:ccb-mdm:mdm:usage-response:1", "usageTransactionResponse"
)
REPLACEMENT_READS = Element("mdm/replacement-reads.xsd", "urn:jmswrap:ccb-mdm:mdm:replacement-reads:1", "sendDetails")


def write_service(name: str, element: Element, what: str) -> tuple[str, str]:
    """Return the file and the text of a Write service: a message in, a receipt out."""
    here = f"urn:jmswrap:ccb-mdm:{name}:1"
    return (
        f"{name}.wsdl",
        f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
                  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{here}"
                  xmlns:m="{element.namespace}" xmlns:r="urn:jmswrap:receipt:1"
                  name="{name}" targetNamespace="{here}">
  <wsdl:documentation>{what} {OWN_DESIGN}</wsdl:documentation>
  <wsdl:types>
    <xs:schema>
      <xs:import namespace="urn:jmswrap:receipt:1" schemaLocation="receipt.xsd"/>
      <xs:import namespace="{element.namespace}" schemaLocation="{element.schema}"/>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="processRequest"><wsdl:part name="parameters" element="m:{element.name}"/></wsdl:message>
  <wsdl:message name="processResponse"><wsdl:part name="parameters" element="r:AcceptResponse"/></wsdl:message>
  <wsdl:portType name="{name}">
    <wsdl:operation name="process">
      <wsdl:documentation>Queues the message durably and answers with a receipt at once.</wsdl:documentation>
      <wsdl:input message="tns:processRequest"/>
      <wsdl:output message="tns:processResponse"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="{name}Binding" type="tns:{name}">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="process">
      <soap:operation soapAction="process"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="{name}">
    <wsdl:port name="{name}Port" binding="tns:{name}Binding">
      <soap:address location="http://localhost:8080/services/{name}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
""",
    )


def inbound_service(file: str, element: Element, address: str, what: str) -> tuple[str, str]:
    """Return the file and the text of an application's inbound service: OUAF's, which answers in kind."""
    name = element.name
    return (
        f"partners/{file}.wsdl",
        f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
                  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ouaf="http://ouaf.oracle.com/"
                  xmlns:tns="{element.namespace}"
                  name="{name}" targetNamespace="{element.namespace}">
  <wsdl:documentation>{what} See the schema for what is the vendor's and what is jmswrap's.</wsdl:documentation>
  <wsdl:types>
    <xs:schema>
      <xs:import namespace="http://ouaf.oracle.com/" schemaLocation="../ouaf-fault.xsd"/>
      <xs:import namespace="{element.namespace}" schemaLocation="../{element.schema}"/>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="Request"><wsdl:part name="parameters" element="tns:{name}"/></wsdl:message>
  <wsdl:message name="Response"><wsdl:part name="parameters" element="tns:{name}"/></wsdl:message>
  <wsdl:message name="Fault"><wsdl:part name="fault" element="ouaf:Fault"/></wsdl:message>
  <wsdl:portType name="{name}PortType">
    <wsdl:operation name="{name}">
      <wsdl:input message="tns:Request"/>
      <wsdl:output message="tns:Response"/>
      <wsdl:fault name="Fault" message="tns:Fault"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="{name}Binding" type="tns:{name}PortType">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{name}">
      <soap:operation soapAction="{element.namespace}"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
      <wsdl:fault name="Fault"><soap:fault name="Fault" use="literal"/></wsdl:fault>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="{name}Service">
    <wsdl:port name="{name}Port" binding="tns:{name}Binding"><soap:address location="{address}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
""",
    )


def syncs() -> Iterator[tuple[str, str]]:
    """Yield the contracts of the synchronizations."""
    for sync in SYNCS:
        sent = Element(f"ccb/{sync.key}.xsd", f"urn:jmswrap:ccb-mdm:ccb:{sync.key}-sync:1", "sendDetails")
        taken = Element(f"mdm/{sync.key}.xsd", D1, "D1-SyncRequestInbound")
        what = f"CCB calls this Write service with a request of the {sync.title}."
        yield write_service(f"{REQUEST}{sync.entity}SyncReqJMSWriteSvc", sent, what)
        what = f"MDM calls this Write service to answer a request of the {sync.title}."
        yield write_service(f"{RESPONSE}{sync.entity}SyncRespJMSWriteSvc", SYNC_RESPONSE, what)
        yield inbound_service(
            sync.service or f"D1-SyncRequestInbound-{sync.key}",
            taken,
            f"http://localhost:6500/ouaf/webservices/{sync.service or taken.name}",
            f"MDM's inbound synchronization service, as the {sync.title} calls it.",
        )
    transition = Element("ccb/sync-transition.xsd", F1, "F1-UpdateAndTransitionSyncRequest")
    address = f"http://localhost:6600/ouaf/webservices/{transition.name}"
    yield inbound_service(transition.name, transition, address, "CCB's service that moves a sync request on.")


def billing() -> Iterator[tuple[str, str]]:
    """Yield the contracts of bill determinants and replacement reads."""
    for key, kind in BILLINGS:
        name, schema = f"{kind}BillDeterminant", f"{key}-bill-determinant"
        sent = Element(f"ccb/{schema}.xsd", f"urn:jmswrap:ccb-mdm:ccb:{schema}:1", "sendDetails")
        what = f"CCB calls this Write service to ask for bill determinants in {key} billing."
        yield write_service(f"{REQUEST}{name}ReqJMSWriteSvc", sent, what)
        what = f"MDM calls this Write service with the bill determinants of {key} billing."
        yield write_service(f"{RESPONSE}{name}RespJMSWriteSvc", USAGE_RESPONSE, what)
    what = "MDM calls this Write service with readings that it corrected after a bill had used them."
    yield write_service(f"{RESPONSE}ReplacementReadsReqJMSWriteSvc", REPLACEMENT_READS, what)
    for element, port, what in (
        (
            Element("mdm/usage-request.xsd", D2, "D2-UsageTransactionRequestInbound"),
            6500,
            "MDM's service that makes a usage transaction of CCB's request.",
        ),
        (
            Element("ccb/bill-determinant-response.xsd", f"{OUAF}/cm/CM-BillDeterminantInbound",
                    "CM-BillDeterminantInbound"),
            6600,
            "The service by which CCB takes bill determinants.",
        ),
        (
            Element("ccb/replacement-reads.xsd", f"{OUAF}/cm/CM-ReplacementReadsInbound",
                    "CM-ReplacementReadsInbound"),
            6600,
            "The service by which CCB takes corrected readings.",
        ),
    ):  # fmt: skip
        yield inbound_service(element.name, element, f"http://localhost:{port}/ouaf/webservices/{element.name}", what)


def contracts() -> dict[str, str]:
    """Return every file that is made, by its name in the folder."""
    return dict([*syncs(), *billing()])


if __name__ == "__main__":
    for name, text in contracts().items():
        (HERE / name).write_text(text, encoding="utf-8")
