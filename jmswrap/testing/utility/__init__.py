"""A small utility: CCB and MDM as applications that keep objects, resolve keys and answer for them.

They are simulated, but more than echoes: each has its tables in SQLite, calls the Write services of
jmswrap as a plain SOAP client, and is a web service itself. What both know of each other's
objects is a table (``catalog.py``); ``reconcile.py`` compares them when a day is over.
"""
