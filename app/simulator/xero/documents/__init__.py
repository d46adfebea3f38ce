"""Documents of the simulated Xero: invoices and payments, as far as contacts are moved by them."""
