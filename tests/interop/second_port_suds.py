"""Call an operation that is not of a WSDL's first port, by suds: second_port_suds.py WSDL OPERATION JSON.

Run by the clients' own Python. Prints and exits as the kit's scripts do: RESULT and 0, FAULT and 3.
"""

import json
import sys

import suds.client


def main(wsdl: str, operation: str, arguments: str) -> int:
    """Call it."""
    client = suds.client.Client(wsdl, cache=None, timeout=30)
    ports = [port for definition in client.sd for port in definition.ports]
    name = next(port[0].name for port in ports if operation in [method[0] for method in port[1]])
    try:
        print("RESULT", getattr(client.service[name], operation)(**json.loads(arguments)))
    except suds.WebFault as fault:
        print(f"FAULT {fault}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
