"""What can be shown: the demo."""
