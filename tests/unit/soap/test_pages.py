"""What is not a SOAP call: contracts, pages, probes, other methods."""

import pytest
from door import Orders, envelope_11, place
from lxml import etree

from jmswrap import xml


def test_the_contract_is_served_with_a_strong_etag_and_the_configured_address(orders: Orders) -> None:
    reply = orders.request("GET", "/services/Orders?wsdl")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert reply.headers["etag"].startswith('"')
    address = etree.fromstring(reply.body).find(f".//{{{xml.WSDL_SOAP_11}}}address")
    assert address is not None
    assert address.get("location") == f"http://127.0.0.1:{orders.port}/services/Orders"


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl="])
def test_the_query_is_read_as_tools_write_it(orders: Orders, query: str) -> None:
    assert orders.request("GET", f"/services/Orders?{query}").body.startswith(b"<?xml")


def test_a_query_of_many_fields_is_read_as_well(orders: Orders) -> None:
    query = "&".join(f"field{number}=1" for number in range(40))
    assert b"Tell" in orders.request("GET", f"/services/Orders?{query}").body
    assert orders.request("GET", f"/services/Orders?{query}&wsdl").body.startswith(b"<?xml")


def test_a_contract_that_is_known_is_not_sent_again(orders: Orders) -> None:
    etag = orders.request("GET", "/services/Orders?wsdl").headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        reply = orders.request("GET", "/services/Orders?wsdl", headers={"If-None-Match": known})
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
    assert orders.request("GET", "/services/Orders?wsdl", headers={"If-None-Match": '"other"'}).status == 200


def test_head_has_the_headers_of_get_and_no_body(orders: Orders) -> None:
    head, got = (orders.request(method, "/services/Orders?wsdl") for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(got.body))
    assert head.headers["etag"] == got.headers["etag"]


@pytest.mark.parametrize("name", ["nothing.xsd", "../jmswrap.yaml", "%2e%2e%2fjmswrap.yaml", ""])
def test_a_schema_the_contract_has_not_is_not_found(orders: Orders, name: str) -> None:
    assert orders.request("GET", f"/services/Orders?xsd={name}").status == 404


def test_the_first_page_lists_the_services(orders: Orders) -> None:
    reply = orders.request("GET", "/")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert b'href="/services/Orders?wsdl"' in reply.body
    assert b"Place" in reply.body


def test_a_service_has_a_page_of_its_own(orders: Orders) -> None:
    assert b"Tell" in orders.request("GET", "/services/Orders").body


def test_probes_are_answered(orders: Orders) -> None:
    assert orders.request("GET", "/health").body == b"alive\n"
    assert orders.request("GET", "/ready").body == b"ready\n"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_allowed_and_told_which_are(orders: Orders, method: str) -> None:
    reply = orders.request(method, "/services/Orders")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert orders.request(method, "/").headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/services/Nobody", "/services/", "/", "/health", "/services/Orders/x", "/services/%3Cx%3E"]
)
def test_a_post_to_no_service_is_answered_with_an_envelope(orders: Orders, path: str) -> None:
    reply = orders.request("POST", path, envelope_11(place()), {"Content-Type": "text/xml"})
    assert (reply.status, reply.fault_code) == (404, "Client")
    assert reply.detail("code") == "unknown-service"


def test_a_get_of_nothing_is_not_found(orders: Orders) -> None:
    assert orders.request("GET", "/services/Nobody?wsdl").status == 404
