"""Logging set up by a test, and put back as it was."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def untouched_logging() -> Iterator[None]:
    """Whatever the block does to logging is undone after it."""
    root = logging.getLogger()
    known = [root, *(logger for logger in root.manager.loggerDict.values() if isinstance(logger, logging.Logger))]
    before = [(each, each.level, each.propagate, each.disabled, each.handlers[:]) for each in known]
    raises = logging.raiseExceptions
    hooks = (warnings.showwarning, sys.excepthook, sys.unraisablehook, threading.excepthook)
    root.handlers = []  # so that `force` closes none of the test runner's
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.raiseExceptions = raises
        warnings.showwarning, sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        for logger, level, propagate, disabled, handlers in before:
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled
            logger.handlers = handlers
