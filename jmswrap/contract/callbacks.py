"""The callback half of a published contract: a port type that callers implement, and the BPEL partner link.

A tool that speaks BPEL joins both port types by the partner link type; the answer comes to the
address in the request's ReplyTo, with the request's MessageID in RelatesTo.
"""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from jmswrap.contract.nouns import Operation
from jmswrap.contract.outputs import Output

PARTNER_LINK = "http://schemas.xmlsoap.org/ws/2003/05/partner-link/"


def operation_name(operation: str) -> str:
    """Return the name of the operation that an operation's answer is sent to."""
    return f"on{operation[:1].upper()}{operation[1:]}Answer"


def port_type(name: str, answered: Sequence[tuple[Operation, Output]]) -> str:
    """Return the port type that a caller implements: a one-way operation for each answer."""
    operations = "\n".join(
        f"    <wsdl:operation name={quoteattr(operation_name(o.name))}>\n"
        f"      <wsdl:input message={quoteattr(f'tns:{output.message}')}/>\n    </wsdl:operation>"
        for o, output in answered
    )
    return f"  <wsdl:portType name={quoteattr(f'{name}Callback')}>\n{operations}\n  </wsdl:portType>"


def partner_link(name: str) -> str:
    """Return the partner link type that joins the service's port type and the caller's."""
    roles = "".join(
        f"\n    <plnk:role name={quoteattr(f'{name}{role}')}>"
        f"<plnk:portType name={quoteattr(f'tns:{name}{suffix}')}/></plnk:role>"
        for role, suffix in (("Provider", ""), ("Requester", "Callback"))
    )
    return f"\n  <plnk:partnerLinkType name={quoteattr(name)}>{roles}\n  </plnk:partnerLinkType>"
