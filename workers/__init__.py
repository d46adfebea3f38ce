"""What runs beside the web process: lanes drained, reconcile, upkeep. Started by arq."""
