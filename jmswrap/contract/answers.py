"""What a published contract says about answers: how one is fetched, and what a hybrid operation returns.

A namespace of ours; elements are qualified, as in ``receipt.py``. What the partner said stands
in it as it came: a tool that knows the partner's schema, which is in the same WSDL, types it.
"""

from jmswrap.contract import receipt

NAMESPACE = "urn:jmswrap:answer:1"
HYBRID_RESPONSE = f"{{{NAMESPACE}}}HybridResponse"
STATUS = "GetMessageStatus"
RESPONSE = "GetResponse"
QUESTIONS = {name: f"{{{NAMESPACE}}}{name}" for name in (STATUS, RESPONSE)}
"""The operations of the answers' port type, and the body element each takes."""


def action(name: str) -> str:
    """Return the SOAP action of an operation of the answers' port type."""
    return f"{NAMESPACE}/{name}"


_WHICH = """<xs:complexType>
          <xs:choice>
            <xs:element name="messageId" type="xs:string">
              <xs:annotation>
                <xs:documentation>The name that the receipt gave the message.</xs:documentation>
              </xs:annotation>
            </xs:element>
            <xs:element name="sourceId" type="xs:string">
              <xs:annotation>
                <xs:documentation>The caller's own id of it, as WS-Addressing MessageID say.</xs:documentation>
              </xs:annotation>
            </xs:element>
            <xs:element name="correlationId" type="xs:string">
              <xs:annotation>
                <xs:documentation>The last message with this correlation id.</xs:documentation>
              </xs:annotation>
            </xs:element>
          </xs:choice>
        </xs:complexType>"""

SCHEMA = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ja="{NAMESPACE}"
        xmlns:jr="{receipt.NAMESPACE}" targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
      <xs:import namespace="{receipt.NAMESPACE}"/>
      <xs:element name="{STATUS}">
        {_WHICH}
      </xs:element>
      <xs:element name="{STATUS}Response">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="message" type="ja:Message"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="{RESPONSE}">
        {_WHICH}
      </xs:element>
      <xs:element name="{RESPONSE}Response">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="message" type="ja:Message"/>
            <xs:element name="answer" type="ja:Answer" minOccurs="0">
              <xs:annotation>
                <xs:documentation>Not there as long as the partner has not answered, or when its answer is kept no
more.</xs:documentation>
              </xs:annotation>
            </xs:element>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="HybridResponse">
        <xs:annotation>
          <xs:documentation>The receipt, and the partner's answer where it came in time.</xs:documentation>
        </xs:annotation>
        <xs:complexType>
          <xs:sequence>
            <xs:element name="receipt" type="jr:Receipt"/>
            <xs:element name="answer" type="ja:Answer" minOccurs="0"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:complexType name="Message">
        <xs:sequence>
          <xs:element name="messageId" type="xs:string"/>
          <xs:element name="sourceId" type="xs:string" minOccurs="0"/>
          <xs:element name="correlationId" type="xs:string" minOccurs="0"/>
          <xs:element name="operation" type="xs:string" minOccurs="0"/>
          <xs:element name="state" type="ja:State"/>
          <xs:element name="acceptedAt" type="xs:dateTime"/>
          <xs:element name="changedAt" type="xs:dateTime">
            <xs:annotation><xs:documentation>Since when it is in this state.</xs:documentation></xs:annotation>
          </xs:element>
          <xs:element name="attempts" type="xs:int"/>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="Answer">
        <xs:sequence>
          <xs:element name="answeredAt" type="xs:dateTime"/>
          <xs:choice minOccurs="0">
            <xs:element name="response" type="ja:Content">
              <xs:annotation><xs:documentation>The partner's response element.</xs:documentation></xs:annotation>
            </xs:element>
            <xs:element name="fault" type="ja:Fault">
              <xs:annotation>
                <xs:documentation>The partner refused the message, or it was given up.</xs:documentation>
              </xs:annotation>
            </xs:element>
          </xs:choice>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="Content">
        <xs:sequence>
          <xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="Fault">
        <xs:sequence>
          <xs:element name="code" type="xs:string"/>
          <xs:element name="text" type="xs:string"/>
          <xs:element name="detail" type="ja:Content" minOccurs="0"/>
        </xs:sequence>
      </xs:complexType>
      <xs:simpleType name="State">
        <xs:restriction base="xs:string">
          <xs:enumeration value="SCHEDULED"/>
          <xs:enumeration value="QUEUED"/>
          <xs:enumeration value="IN_FLIGHT"/>
          <xs:enumeration value="WAITING"/>
          <xs:enumeration value="IN_DOUBT"/>
          <xs:enumeration value="DELIVERED"/>
          <xs:enumeration value="DEAD"/>
          <xs:enumeration value="EXPIRED"/>
          <xs:enumeration value="CANCELLED"/>
        </xs:restriction>
      </xs:simpleType>
    </xs:schema>"""


def messages() -> str:
    """Return the WSDL messages of the answers' port type."""
    # Not called `parameters`: .NET would unwrap them.
    pairs = [(f"{name}{end}", part) for name in QUESTIONS for end, part in (("", "question"), ("Response", "answer"))]
    return "\n".join(
        f'  <wsdl:message name="Jmswrap{name}">\n    <wsdl:part name="{part}" element="ja:{name}"/>\n  </wsdl:message>'
        for name, part in pairs
    )


def port_type(name: str) -> str:
    """Return the answers' port type."""
    operations = "\n".join(
        f'    <wsdl:operation name="{one}">\n      <wsdl:input message="tns:Jmswrap{one}"/>\n'
        f'      <wsdl:output message="tns:Jmswrap{one}Response"/>\n    </wsdl:operation>'
        for one in QUESTIONS
    )
    return f'  <wsdl:portType name="{name}">\n{operations}\n  </wsdl:portType>'


def binding(name: str, port_type_name: str, soap: str, transport: str) -> str:
    """Return the binding of the answers' port type."""
    operations = "\n".join(
        f'    <wsdl:operation name="{one}">\n'
        f'      <{soap}:operation soapAction="{action(one)}" style="document"/>\n'
        f'      <wsdl:input>\n        <{soap}:body use="literal"/>\n      </wsdl:input>\n'
        f'      <wsdl:output>\n        <{soap}:body use="literal"/>\n      </wsdl:output>\n    </wsdl:operation>'
        for one in QUESTIONS
    )
    return (
        f'  <wsdl:binding name="{name}" type="tns:{port_type_name}">\n'
        f'    <{soap}:binding style="document" transport="{transport}"/>\n{operations}\n  </wsdl:binding>'
    )
