"""WS-Addressing actions: what a published contract says they are, and what a caller may send.

WS-Addressing 1.0 WSDL binding, §4.4: an action that no contract names is made of the target
namespace, the port type and the name of the message.
"""

from dataclasses import dataclass

METADATA = "http://www.w3.org/2006/05/addressing/wsdl"


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of one operation."""

    request: str
    default_request: str
    """The one by the default pattern; the same unless the contract names a SOAP action."""
    response: str
    fault: str
    """Begins the action of a declared fault; its name follows."""

    @property
    def taken(self) -> tuple[str, ...]:
        """What a caller may send."""
        return self.request, self.default_request


def actions(namespace: str, port_type: str, operation: str, soap_action: str) -> Actions:
    """Return the actions of an operation."""
    delimiter = ":" if namespace.startswith("urn:") else "/"
    base = f"{namespace.rstrip(delimiter)}{delimiter}{port_type}{delimiter}{operation}"
    request = f"{base}Request"
    return Actions(soap_action or request, request, f"{base}Response", f"{base}{delimiter}Fault{delimiter}")
