"""The shelf: one TOML file per command-line tool whose output we know. Shipped as `sidecar.tools`."""
