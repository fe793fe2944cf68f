"""Call an operation that is not of a WSDL's first port, by zeep: second_port_zeep.py WSDL OPERATION JSON.

Run by the clients' own Python. Prints and exits as the kit's scripts do: RESULT and 0, FAULT and 3.
"""

import json
import sys

import zeep


def main(wsdl: str, operation: str, arguments: str) -> int:
    """Call it."""
    client = zeep.Client(wsdl)
    ports = [(service.name, port) for service in client.wsdl.services.values() for port in service.ports.values()]
    service, port = next((s, p) for s, p in ports if operation in p.binding._operations)
    try:
        print("RESULT", client.bind(service, port.name)[operation](**json.loads(arguments)))
    except zeep.exceptions.Fault as fault:
        print(f"FAULT {fault.code} | {fault.message}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
