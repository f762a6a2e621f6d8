"""`python -m sidecar`: the same command where its folder of scripts is not on the PATH."""

from sidecar.cli import main

if __name__ == "__main__":
    main(prog_name="python -m sidecar")
