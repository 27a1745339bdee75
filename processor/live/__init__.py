"""The living picture: what every aircraft does now, pushed to every viewer."""
