"""The CCB-MDM integration is whole: its processes, their names, their contracts, samples and waits."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from jmswrap.app.examination import examine
from jmswrap.app.integration import Integration, load
from jmswrap.config.route_settings import AnswerStyle, InDoubt, OnDead
from jmswrap.transform.properties import read

ROOT = Path(__file__).parents[3]
CCB_MDM = ROOT / "jmswrap" / "integrations" / "ccb_mdm"
SYNCS = (
    "Person", "SP", "SA", "SARel", "Meter", "MeterConfig", "SPMeterHistory", "MeterRead", "DynamicOption",
    "DynamicOptionEvent", "BillCycle",
)  # fmt: skip
TWO_WAY = [*(f"{name}Sync" for name in SYNCS), "BatchBillDeterminant", "OnlineBillDeterminant"]
LEGS = {
    *(f"OUCCB2OUMDM2{name}Req" for name in TWO_WAY),
    *(f"OUMDM2OUCCB2{name}Resp" for name in TWO_WAY),
    "OUMDM2OUCCB2ReplacementReadsReq",
}
"""A leg has a Write service, a transform and a Read process."""


@pytest.fixture(scope="module")
def shipped() -> Integration:
    return load(CCB_MDM)


def test_it_has_no_problem_and_nothing_that_is_rarely_meant() -> None:
    examined = examine(CCB_MDM)
    assert (examined.problems, examined.warnings) == ((), ())


def test_it_has_exactly_27_write_services_and_27_read_processes(shipped: Integration) -> None:
    assert len(LEGS) == 27
    assert {name for name in shipped.config.services if name.endswith("WriteSvc")} == {
        f"{leg}JMSWriteSvc" for leg in LEGS
    }
    reads = {name for name in shipped.config.routes if name.endswith("ReadSvc")}
    assert reads == {f"{leg}JMSReadSvc" for leg in LEGS}
    transforms = {name for name in shipped.config.routes if name.endswith("EBF")}
    assert transforms == {f"{leg}EBF" for leg in LEGS}


def test_every_process_has_four_queues_and_replacement_reads_has_two(shipped: Integration) -> None:
    # An error queue belongs to each of them.
    legs = {shipped.config.queue_of(name) for name in shipped.config.routes if name.endswith(("EBF", "ReadSvc"))}
    assert len(legs) == 13 * 4 + 2
    assert {queue.removesuffix("SourceQueue").removesuffix("TargetQueue") for queue in legs} == {
        leg.replace("Sync", "") for leg in LEGS
    }


def test_each_leg_goes_from_its_write_service_to_its_read_process(shipped: Integration) -> None:
    routes = shipped.config.routes
    for leg in LEGS:
        write, read_process = routes[f"{leg}EBF"], routes[f"{leg}JMSReadSvc"]
        assert write.source.service == f"{leg}JMSWriteSvc"
        assert write.to.queue == read_process.source.queue
        assert read_process.to.partner
        assert (read_process.idempotent, read_process.in_doubt) == (True, InDoubt.REDELIVER)


def test_every_request_that_ccb_sends_has_one_answer(shipped: Integration) -> None:
    routes = shipped.config.routes
    for name in TWO_WAY:
        request, response = f"OUCCB2OUMDM2{name}Req", f"OUMDM2OUCCB2{name}Resp"
        for route in (routes[f"{request}EBF"], routes[f"{request}JMSReadSvc"], routes[f"{response}EBF"]):
            assert route.refusal is not None
            assert route.refusal.queue == routes[f"{response}JMSReadSvc"].source.queue
        for route in (routes[f"{request}EBF"], routes[f"{request}JMSReadSvc"]):
            assert route.on_dead is (OnDead.NACK if "BillDeterminant" in name else OnDead.HOLD)
        assert routes[f"{response}JMSReadSvc"].refusal is None, "CCB's own answer"


def test_no_one_is_told_of_replacement_reads_that_are_refused(shipped: Integration) -> None:
    assert {route.refusal for name, route in shipped.config.routes.items() if "ReplacementReads" in name} == {None}


WAITS = {
    "SASync": {"PersonSync", "SPSync", "DynamicOptionSync"},
    "SARelSync": {"SASync"},
    "MeterSync": {"SPSync"},
    "MeterConfigSync": {"MeterSync"},
    "SPMeterHistorySync": {"SPSync", "MeterSync", "MeterConfigSync"},
    "MeterReadSync": {"MeterSync", "MeterConfigSync"},
    "DynamicOptionEventSync": {"DynamicOptionSync"},
    "BatchBillDeterminant": {"SASync", "SARelSync"},
    "OnlineBillDeterminant": {"SASync", "SARelSync"},
}


@pytest.mark.parametrize("name", TWO_WAY)
def test_a_process_waits_for_what_it_builds_on_at_both_queues(shipped: Integration, name: str) -> None:
    for part in ("ReqEBF", "ReqJMSReadSvc"):
        waits = {rule.route for rule in shipped.config.routes[f"OUCCB2OUMDM2{name}{part}"].waits_for}
        assert waits == {f"OUCCB2OUMDM2{other}{part}" for other in WAITS.get(name, ())}


def test_what_ccb_waits_for_goes_straight_to_mdm(shipped: Integration) -> None:
    route = shipped.config.routes["OUCCB2OUMDM2MeterDataInquiry"]
    assert (route.answer, route.to.partner) == (AnswerStyle.SYNC, "mdm_inquiry")
    operations = shipped.services["OUCCB2OUMDM2MeterDataInquirySvc"].port().operations
    assert set(operations) == {"UsageInquiry", "MeterReadInquiry", "HighLowReadInquiry"}


def contracts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", ROOT / "wsdl" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    pytest.MonkeyPatch().setitem(sys.modules, "make", module)
    spec.loader.exec_module(module)
    return module


def test_the_wsdls_are_as_they_are_made() -> None:
    made: dict[str, str] = contracts().contracts()
    there = {
        path.relative_to(ROOT / "wsdl" / "ccb_mdm").as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "wsdl" / "ccb_mdm").rglob("*.wsdl")
    }
    assert set(there) - set(made) == {"partners/CM-MeterDataInquiry.wsdl"}
    assert made.items() <= there.items()


XS = "{http://www.w3.org/2001/XMLSchema}"
SCHEMAS = sorted((ROOT / "wsdl" / "ccb_mdm").rglob("*.xsd"))


def test_every_field_of_a_contract_says_what_it_is() -> None:
    trees = [etree.parse(path) for path in SCHEMAS]
    explained = {
        kind.get("name")
        for tree in trees
        for kind in tree.iter(f"{XS}complexType")
        if kind.find(f"{XS}annotation") is not None
    }
    silent = [
        f"{path.stem}: {element.get('name')}"
        for path, tree in zip(SCHEMAS, trees, strict=True)
        for element in tree.iter(f"{XS}element")
        if path.name not in ("ouaf-fault.xsd", "receipt.xsd")
        and element.get("name")
        and element.find(f"{XS}annotation") is None
        and element.find(f"{XS}complexType") is None
        and element.get("type") not in explained
    ]
    assert silent == []


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_contract_names_stylesheets_that_are_there(path: Path) -> None:
    for named in re.findall(r"transforms/[\w/-]+\.xsl", path.read_text(encoding="utf-8")):
        assert (CCB_MDM / named).is_file(), named


@pytest.mark.parametrize("sample", sorted((CCB_MDM / "samples").glob("*.xml")), ids=lambda path: path.stem)
def test_a_sample_is_as_its_contract_says(sample: Path, schemas: dict[str, list[etree.XMLSchema]]) -> None:
    body = etree.parse(sample).getroot()
    (schema,) = schemas[str(body.tag)]
    schema.assertValid(body)


def test_every_write_service_has_a_sample() -> None:
    samples = {path.stem.partition("-")[0] + path.stem[-4:] for path in (CCB_MDM / "samples").glob("*.xml")}
    assert len({name for name in samples if name.endswith(("uest", "onse"))}) == 27


def test_every_transform_has_its_properties_and_every_map_its_switch() -> None:
    found = read([CCB_MDM / "config" / "ConfigurationProperties.xml"])
    services = {name: values for name, values in found.services.items() if name.endswith("EBF")}
    assert set(services) == {f"{leg}EBF" for leg in LEGS}
    for name, values in services.items():
        assert values["Default.SystemID"] == ("OU_CCB2_01" if name.startswith("OUCCB2") else "OU_MDM2_01")
        assert sum(flag.startswith("Extension.") for flag in values) == 2
    maps = {path.stem for path in (CCB_MDM / "dvm").glob("*.dvm")}
    switches = {name for name in found.modules["CCB2-MDM2"] if name.startswith("DVM.")}
    # An error without a code of its own is answered with the generic one, never not at all.
    assert switches == {f"DVM.{name}.ThrowException" for name in maps - {"OUCCB2_OUMDM2_ErrorCode"}}


def test_the_endpoint_properties_name_the_addresses_of_the_contracts(shipped: Integration) -> None:
    found = read([CCB_MDM / "config" / "JMSWrapperConfigurationProperties.xml"])
    assert set(found.services) == {f"{leg}JMSReadSvc" for leg in LEGS}
    for name, values in found.services.items():
        (address,) = values.values()
        partner = shipped.config.routes[name].to.partner
        assert partner is not None
        assert shipped.partners[partner].port().address == address


def test_an_endpoint_property_that_somebody_set_and_nobody_calls_is_warned_of(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CCB_MDM, tmp_path / "ccb_mdm", symlinks=False))
    file = folder / "config" / "JMSWrapperConfigurationProperties.xml"
    own = "https://mdm.utility.example/ouaf/webservices/CM-SyncRequestInboundSA"
    before, service, after = file.read_text().partition('"OUCCB2OUMDM2SASyncReqJMSReadSvc"')
    shipped_address = "http://localhost:6500/ouaf/webservices/D1-SyncRequestInbound<"
    assert shipped_address in after
    file.write_text(before + service + after.replace(shipped_address, f"{own}<", 1))
    (warning,) = examine(folder).warnings
    assert f"is {own}, and partner `mdm_sa` is called at {shipped_address[:-1]}" in warning.sentence
    settings = folder / "jmswrap.yaml"
    settings.write_text(settings.read_text().replace("mdm_sa: {", f"mdm_sa: {{address: {own}, "))
    assert examine(folder).warnings == ()
