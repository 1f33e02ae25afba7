"""Set a repository up: configuration, hook, workflow; nothing that is there is overwritten."""
