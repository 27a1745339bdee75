"""Measures the costs of the services, compared with the bare steps that they consist of."""
