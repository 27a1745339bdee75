"""config.yaml and the environment, read into typed settings."""
