"""Comments on pull and merge requests, over the APIs of GitHub and GitLab."""
