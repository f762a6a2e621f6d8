"""The scenarios of the drill, a TOML file each; no code. What they may say stands in `sidecar.proof.drill.scenario`."""
