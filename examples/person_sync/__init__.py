"""The person synchronization between CCB and MDM, played from end to end."""
