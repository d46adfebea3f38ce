"""The garbage collector, told what lasts."""

import gc


def spare_what_lasts() -> None:
    """Have no full collection walk what is there now, once everything is loaded.

    Modules and settings are there until the process ends; to walk them all each time stops everything for a tenth of a
    second.
    """
    gc.collect()
    gc.freeze()
