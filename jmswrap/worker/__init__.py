"""The workers' door: RQ jobs that drain queues, and the processes that run them."""
