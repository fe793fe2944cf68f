"""The receipt: what every derived operation answers, as a schema of ours.

Elements are qualified: every generator of Java, .NET, PHP and Python classes handles
that, and several get unqualified locals of a foreign namespace wrong.
"""

NAMESPACE = "urn:jmswrap:receipt:1"
ACCEPT_RESPONSE = f"{{{NAMESPACE}}}AcceptResponse"

SCHEMA = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:jr="{NAMESPACE}"
        targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
      <xs:element name="AcceptResponse">
        <xs:annotation>
          <xs:documentation>The answer to every operation: the request is stored durably.</xs:documentation>
        </xs:annotation>
        <xs:complexType>
          <xs:sequence>
            <xs:element name="receipt" type="jr:Receipt"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:complexType name="Receipt">
        <xs:annotation>
          <xs:documentation>Proof that a request is on disk; the partner's answer is not known yet.</xs:documentation>
        </xs:annotation>
        <xs:sequence>
          <xs:element name="messageId" type="xs:string">
            <xs:annotation>
              <xs:documentation>The name the request has from now on; ask about it by this name.</xs:documentation>
            </xs:annotation>
          </xs:element>
          <xs:element name="correlationId" type="xs:string" minOccurs="0">
            <xs:annotation>
              <xs:documentation>What ties the request to others, where there is such a thing.</xs:documentation>
            </xs:annotation>
          </xs:element>
          <xs:element name="status" type="jr:ReceiptStatus">
            <xs:annotation>
              <xs:documentation>ACCEPTED the first time; DUPLICATE when it was accepted before.</xs:documentation>
            </xs:annotation>
          </xs:element>
          <xs:element name="acceptedAt" type="xs:dateTime">
            <xs:annotation>
              <xs:documentation>When the request was first accepted, in UTC.</xs:documentation>
            </xs:annotation>
          </xs:element>
        </xs:sequence>
      </xs:complexType>
      <xs:simpleType name="ReceiptStatus">
        <xs:annotation>
          <xs:documentation>What became of the request at the door.</xs:documentation>
        </xs:annotation>
        <xs:restriction base="xs:string">
          <xs:enumeration value="ACCEPTED"/>
          <xs:enumeration value="DUPLICATE"/>
        </xs:restriction>
      </xs:simpleType>
    </xs:schema>"""
