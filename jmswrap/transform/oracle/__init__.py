"""The extension functions that stylesheets of Oracle SOA Suite call, in the vendor's own namespaces.

Signatures and failure modes are those of the public documentation (SOA Suite 12c and 14c, AIA
Foundation Pack); what it leaves open is said where it is decided.
"""
