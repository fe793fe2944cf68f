"""The bridge between queues and a JMS broker that speaks STOMP; stomp.py is used here only."""
