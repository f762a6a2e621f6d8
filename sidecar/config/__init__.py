"""What the user asked for: the file's models, its layers, secrets, trust and detection."""
