"""The application behind the handlers in ``app.py``."""
