"""A simulated Xero: tokens, contacts, limits, idempotency and webhooks, held in memory."""
