"""From a queue to its target: what a route does, what an outcome means, and the drain."""
