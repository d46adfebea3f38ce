"""The part of SOQL that the simulator answers."""
