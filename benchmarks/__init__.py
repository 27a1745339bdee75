"""What the services cost, measured against the bare steps they are made of."""
