"""What each verb does, one file a verb, over the rooms that `sidecar.app` assembled."""
