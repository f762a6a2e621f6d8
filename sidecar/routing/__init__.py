"""Which endpoint answers: plan, health and verdict decide, the router acts."""
