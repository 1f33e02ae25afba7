"""What is published: metadata, builds, installations, the image and the release workflow."""
