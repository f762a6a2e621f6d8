"""How each coding agent is set up: where its files are and what is written into them."""
