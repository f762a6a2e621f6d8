"""An MCP sidecar for coding agents: other models through failing tiers, and short tool output."""

__version__ = "0.1.0"
