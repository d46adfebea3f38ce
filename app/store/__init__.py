"""Memory: the only SQL. Plain functions over a connection; whoever calls them owns the transaction."""
