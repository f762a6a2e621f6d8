"""An MCP sidecar for coding agents: other models through failing tiers, and short tool output."""
