"""What the WS-I Basic Profile 1.1 ("BP"), HTTP and XML's media types ask of the door."""

import gzip

from conformance_rule import CHUNKED, INVALID, LENGTH, MESSAGE_11, WSDL, Rule, magic, request, soap
from door import ORDERS, envelope_11, place

HOST = b"Host: localhost\r\n"

PROFILE_RULES = (
    Rule(
        "BP R1000, R1001",
        "Fault has faultcode, faultstring, detail only, without a namespace.",
        b"no XML",
        status=500,
        fault="Client",
        holds="<faultcode>soap:Client</faultcode><faultstring>",
    ),
    Rule("BP R1008", "An envelope has no document type.", b"<!DOCTYPE x []>" + MESSAGE_11, status=500, fault="Client"),
    Rule("BP R1009", "It has no processing instruction.", soap(envelope_11, "<?a?>"), status=500, fault="Client"),
    Rule(
        "BP R1009",
        "Character data that looks like one is none.",
        soap(envelope_11, "", place(note="<![CDATA[<?a?>]]>")),
    ),
    Rule("BP R1010", "An XML declaration is taken.", b'<?xml version="1.0" encoding="utf-8"?>\n' + MESSAGE_11),
    Rule(
        "BP R1011",
        "Nothing follows Body.",
        MESSAGE_11.replace(b"</s:Body>", b'</s:Body><x xmlns="urn:x"/>'),
        status=500,
        fault="Client",
    ),
    Rule(
        "BP R1012",
        "UTF-16 is taken, as charset says.",
        MESSAGE_11.decode().encode("utf-16"),
        "text/xml; charset=utf-16",
    ),
    Rule(
        "BP R1012",
        "UTF-16 without a byte order mark, where charset says which.",
        MESSAGE_11.decode().encode("utf-16-be"),
        "text/xml; charset=utf-16be",
    ),
    Rule("BP R1012", "The other order, too.", MESSAGE_11.decode().encode("utf-16-le"), "text/xml; charset=utf-16le"),
    Rule(
        "BP R1013",
        "mustUnderstand is 0 or 1.",
        soap(envelope_11, magic('s:mustUnderstand="2"')),
        status=500,
        fault="Client",
    ),
    Rule("BP R1014", "What is in Body has a namespace.", soap(envelope_11, "", "<Place/>"), status=500, fault="Client"),
    Rule(
        "BP R1015", "A root that is not Envelope is a fault.", b'<x:Env xmlns:x="urn:x"/>', status=500, fault="Client"
    ),
    Rule(
        "BP R1025",
        "Mandatory headers are judged before the message.",
        soap(envelope_11, magic('s:mustUnderstand="1"'), INVALID),
        status=500,
        fault="MustUnderstand",
    ),
    Rule(
        "BP R1025",
        "Also before the operation is looked for.",
        soap(envelope_11, magic('s:mustUnderstand="1"'), '<Nothing xmlns="urn:none"/>'),
        status=500,
        fault="MustUnderstand",
        headers={"SOAPAction": '"urn:tell"'},
    ),
    Rule(
        "BP R1027",
        "A mandatory header that is not understood is a fault.",
        soap(envelope_11, magic('s:mustUnderstand="1"')),
        status=500,
        fault="MustUnderstand",
    ),
    Rule(
        "BP R1029",
        "A fault comes in place of the answer.",
        soap(envelope_11, "", INVALID),
        status=500,
        fault="Client",
        lacks="AcceptResponse",
    ),
    Rule(
        "BP R1109",
        "SOAPAction is quoted; without quotes it is taken all the same.",
        MESSAGE_11,
        headers={"SOAPAction": "urn:place"},
    ),
    Rule("BP R1111, R1124", "A success is 200.", MESSAGE_11),
    Rule("BP R1113", "A request that is no HTTP is 400.", raw=b"NO HTTP\r\n\r\n", statuses=(400,)),
    Rule(
        "BP R1114",
        "What is not POST is 405, and Allow says what is.",
        method="PUT",
        status=405,
        content_type=None,
        answers={"allow": "GET, HEAD, OPTIONS, POST"},
    ),
    Rule("BP R1115", "Another media type is 415.", MESSAGE_11, "application/xml", 415, "Client"),
    Rule("BP R1126", "A fault is 500.", soap(envelope_11, "", INVALID), status=500, fault="Client"),
    Rule(
        "BP R1127",
        "The operation is found by the message: a strange SOAPAction alone changes nothing in it.",
        soap(envelope_11, "", f'<Tell xmlns="{ORDERS}"><news>rain</news></Tell>'),
        headers={"SOAPAction": '""'},
    ),
    Rule("BP R1132", "A message comes by POST.", method="GET", content_type=None, holds="<html"),
    Rule(
        "BP R1141",
        "HTTP/1.0 is spoken.",
        raw=request(LENGTH, body=MESSAGE_11).replace(b"HTTP/1.1", b"HTTP/1.0"),
        statuses=(200,),
    ),
    Rule(
        "BP R2744",
        "A SOAPAction of another operation is refused.",
        MESSAGE_11,
        status=500,
        fault="Client",
        headers={"SOAPAction": '"urn:tell"'},
    ),
    Rule("BP R4001", "A byte order mark is taken: UTF-8.", b"\xef\xbb\xbf" + MESSAGE_11),
    Rule(
        "BP R4001",
        "UTF-16, the other end first.",
        b"\xfe\xff" + MESSAGE_11.decode().encode("utf-16-be"),
        "text/xml; charset=utf-16",
    ),
)

HTTP_RULES = (
    Rule("RFC 7303 §3.3", "A byte order mark goes before the charset parameter.", MESSAGE_11.decode().encode("utf-16")),
    Rule(
        "RFC 7303 §3.2",
        "The charset parameter goes before the declaration.",
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + MESSAGE_11,
    ),
    Rule("RFC 7303 §3.2", "A charset nobody knows is 415.", MESSAGE_11, "text/xml; charset=klingon", 415, "Client"),
    Rule(
        "RFC 9110 §5.3",
        "A field that comes twice is a list: gzip in gzip is 415.",
        raw=request(LENGTH, "Content-Encoding: gzip", "Content-Encoding: gzip", body=MESSAGE_11),
        statuses=(415,),
    ),
    Rule(
        "RFC 9110 §5.3",
        "A second SOAPAction is not passed over.",
        raw=request(LENGTH, 'SOAPAction: "urn:tell"', 'SOAPAction: "urn:place"', body=MESSAGE_11),
        statuses=(500,),
    ),
    Rule("RFC 9110 §8.3", "Media types are not case-sensitive.", MESSAGE_11, "Text/XML; Charset=UTF-8"),
    Rule("RFC 9110 §8.4", "A gzip body is taken.", gzip.compress(MESSAGE_11), headers={"Content-Encoding": "gzip"}),
    Rule(
        "RFC 9110 §8.4",
        "Another content coding is 415.",
        MESSAGE_11,
        status=415,
        fault="Client",
        headers={"Content-Encoding": "br"},
        answers={"accept-encoding": "gzip, identity"},
    ),
    Rule(
        "RFC 9110 §8.6, §15.5.14",
        "What inflates beyond the cap is 413.",
        gzip.compress(b" " * 2_000_000),
        status=413,
        fault="Client",
        headers={"Content-Encoding": "gzip"},
    ),
    Rule("RFC 9110 §9.3.2", "HEAD is GET without the content.", method="HEAD", path=WSDL, content_type=None),
    Rule(
        "RFC 9110 §9.3.7",
        "OPTIONS says what may be done.",
        method="OPTIONS",
        status=204,
        content_type=None,
        answers={"allow": "GET, HEAD, OPTIONS, POST"},
    ),
    Rule(
        "RFC 9110 §10.1.1",
        "100 comes for who waits for it.",
        raw=request(LENGTH, "Expect: 100-continue", body=MESSAGE_11),
        statuses=(200,),
    ),
    Rule(
        "RFC 9110 §10.1.1",
        "Not when the body would be refused: 413.",
        raw=request("Content-Length: 99999999", "Expect: 100-continue"),
        statuses=(413,),
    ),
    Rule(
        "RFC 9110 §10.1.1",
        "Another expectation is 417.",
        MESSAGE_11,
        status=417,
        fault="Client",
        headers={"Expect": "200-maybe"},
    ),
    Rule(
        "RFC 9110 §12.5.3",
        "A contract comes as gzip for who takes it.",
        method="GET",
        path=WSDL,
        content_type=None,
        headers={"Accept-Encoding": "deflate, gzip;q=0.5"},
        answers={"content-encoding": "gzip", "vary": "accept-encoding"},
    ),
    Rule(
        "RFC 9110 §12.5.3",
        "Not for who refuses it.",
        method="GET",
        path=WSDL,
        content_type=None,
        headers={"Accept-Encoding": "gzip;q=0"},
        holds="<wsdl:definitions",
    ),
    Rule(
        "RFC 9110 §13.1.2",
        "A contract that is known is 304.",
        method="GET",
        path=WSDL,
        status=304,
        content_type=None,
        headers={"If-None-Match": "*"},
    ),
    Rule(
        "RFC 9110 §9.3.7",
        "Also of the gateway as a whole.",
        raw=b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        statuses=(204,),
    ),
    Rule(
        "RFC 9110 §15.5.5",
        "An address without a service is 404.",
        MESSAGE_11,
        status=404,
        fault="Client",
        path="/services/Nobody",
    ),
    Rule("RFC 9110 §4.2.3", "A slash at the end changes nothing.", MESSAGE_11, path="/services/Orders/"),
    Rule(
        "RFC 9112 §7.1",
        "Chunked bodies are taken.",
        raw=request("Transfer-Encoding: chunked", body=CHUNKED),
        statuses=(200,),
    ),
    Rule("RFC 9112 §6.3", "A length that is none is 400.", raw=request("Content-Length: x"), statuses=(400,)),
    Rule(
        "RFC 9112 §6.1",
        "A transfer coding that is not known is 501.",
        raw=request("Transfer-Encoding: gzip, chunked", body=CHUNKED),
        statuses=(501,),
    ),
    Rule(
        "RFC 9112 §6.1",
        "Chunked and a length at once is 400.",
        raw=request("Transfer-Encoding: chunked", LENGTH, body=CHUNKED),
        statuses=(400,),
    ),
    Rule(
        "RFC 9112 §3.2",
        "A request of HTTP/1.1 without Host is 400.",
        raw=request(LENGTH, body=MESSAGE_11).replace(HOST, b""),
        statuses=(400,),
    ),
    Rule(
        "RFC 9112 §3.2",
        "Whatever its method is.",
        raw=b"GET /services/Orders?wsdl HTTP/1.1\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n",
        statuses=(400, 400),
    ),
    Rule(
        "RFC 9112 §3.2",
        "One of HTTP/1.0 needs none.",
        raw=b"GET /services/Orders?wsdl HTTP/1.0\r\n\r\n",
        statuses=(200,),
    ),
    Rule("RFC 9112 §3.2", "Two are 400.", raw=request(LENGTH, "Host: other", body=MESSAGE_11), statuses=(400,)),
    *(
        Rule(
            "RFC 9112 §3.2",
            f"`{wrong}` is no host: 400.",
            raw=request(LENGTH, body=MESSAGE_11).replace(HOST, f"Host: {wrong}\r\n".encode()),
            statuses=(400,),
        )
        for wrong in ("a b", "http://localhost", "localhost:80x", "[::1")
    ),
    Rule(
        "RFC 9110 §7.2",
        "A name, an address and nothing are taken, with a port or without one.",
        raw=b"".join(
            request(LENGTH, body=MESSAGE_11).replace(HOST, b"Host: %s\r\n" % right)
            for right in (b"a_b.example:", b"[2001:db8::1]:8080", b"127.0.0.1:8080", b"")
        ),
        statuses=(200, 200, 200, 200),
    ),
    Rule(
        "RFC 9112 §3.2.2",
        "A whole address as the request target is taken for its path.",
        raw=request(LENGTH, body=MESSAGE_11).replace(b"POST /", b"POST http://elsewhere.example/", 1)
        + b"GET http://[::1/services/Orders?wsdl HTTP/1.1\r\nHost: localhost\r\n\r\n",
        statuses=(200, 200),
    ),
    Rule(
        "RFC 9112 §9.3.2",
        "Pipelined requests are answered in their order.",
        raw=request(LENGTH, body=MESSAGE_11)
        + request("Content-Length: 3", body=b"<a>")
        + request(LENGTH, body=MESSAGE_11),
        statuses=(200, 500, 200),
    ),
    Rule(
        "RFC 9112 §9.3",
        "A connection stays open after a fault.",
        raw=request("Content-Length: 3", body=b"<a>") + request(LENGTH, body=MESSAGE_11),
        statuses=(500, 200),
    ),
)
