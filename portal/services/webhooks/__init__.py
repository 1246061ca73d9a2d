"""Managing webhooks, and the results of deliveries."""
