"""From one cluster spec to a self-hosted LLM inference stack, and what it costs."""

__version__ = "0.1.0"
