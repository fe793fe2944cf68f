"""Two applications that speak through queues only."""
