"""The workers: drain lanes, reconcile, keep house."""
