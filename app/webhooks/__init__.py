"""The front door: where Salesforce and Xero push what changed."""
