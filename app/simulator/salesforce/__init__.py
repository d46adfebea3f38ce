"""A simulated Salesforce: sessions, records, SOQL and pushes, held in memory."""
