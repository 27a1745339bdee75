"""What every Kafka client of the project needs: errors, log, checks of the topic."""
