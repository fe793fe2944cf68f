"""Calling partners: zeep clients from pinned WSDLs, and what their answers come to."""
