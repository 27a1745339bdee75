"""What each event of the services' logs means; docs/log-events.md is made from it."""

MEANINGS = {
    "answer_refused": "An answer of OpenSky was not published, because its time, or the times of "
    "most of its rows, cannot be right. `values` has the times that were compared.",
    "answers_current": "OpenSky's answers are up to date again, after `answers_old`.",
    "answers_old": "OpenSky's clock is right, but its state vectors are old.",
    "api_keys_changed": "The file of API keys was read, and its new entries are in force.",
    "api_keys_not_changed": "The file of API keys is not valid; the keys of before stay in force.",
    "api_keys_usable": "The file of API keys is valid again; its entries are those of before.",
    "api_keys_without_end": "The file of API keys lacks the line that would show that it is whole.",
    "archive_starts_over": "The archive connects again, because Kafka or the database was lost.",
    "areas_cost_as_much_as_the_globe": "The areas cost as many credits as the whole globe.",
    "assigned": "The archive became the owner of partitions, and continues at their stored "
    "offsets.",
    "audit_violation": "The ledger has a hole or an overlap: data may be lost.",
    "back_fill_done": "An outage is filled in.",
    "back_fill_given_up": "OpenSky does not grant its history, so an outage stays a gap.",
    "back_fill_planned": "An outage was noticed, and its moments will be requested.",
    "back_fill_refused": "OpenSky refused the request of one past moment.",
    "back_filled": "One past moment was requested and what was new of it was published.",
    "cannot_go_on": "The process ends with exit code 1, because an operator has to act.",
    "chunk_compressed": "A chunk of TimescaleDB was compressed.",
    "chunk_not_compressed": "A chunk of TimescaleDB could not be compressed; it is tried again.",
    "clocks_agree": "The clock of the host and the time of the data agree again.",
    "clocks_differ": "The clock of the host and the time of the data differ by a minute or more.",
    "clocks_doubted": "Most messages have times that cannot be right by the clocks of the host "
    "and the database, so nothing is stored.",
    "commit_had_succeeded": "The acknowledgement of a commit was lost, and the stored offsets "
    "show that it had succeeded: nothing is stored again.",
    "connection_limit_lowered": "The system allows fewer open files than `http.max_connections` "
    "needs, so fewer connections are accepted.",
    "connection_without_tls": "A connection leaves this machine without TLS.",
    "crashed": "The process ends because of an error that nothing has handled.",
    "credits_at_reserve": "Only the reserve of credits is left; the next poll is far away.",
    "credits_look_anonymous": "OpenSky grants as few credits as it does without credentials.",
    "credits_used_up": "OpenSky's credits are used up; polling waits for `wait_seconds`.",
    "database_answers": "The database can be used again; `after` is the code of what was wrong.",
    "database_does_not_answer": "The database cannot be used; it is tried again.",
    "dead_letters_deleted": "Old dead letters were deleted, because there were more than the "
    "settings allow.",
    "download_aborted": "A file was broken off; the client can see that it is not whole.",
    "dropped_by_retention": "A part of a table was dropped, because its rows have expired.",
    "embedded_broker_partitions_reduced": "The broker of standalone has four partitions, because "
    "librdkafka's functions for more were not found.",
    "fenced": "Another instance owns partitions of a batch, which were left out of it.",
    "first_poll_waits": "The first poll keeps the pace of the process before, to save credits.",
    "forwarded_header_ignored": "A peer that is not named in `http.trusted_proxies` sent "
    "X-Forwarded-For; it is logged once.",
    "future_contacts_forgotten": "Published contacts were of the future, and would have hidden "
    "what comes next.",
    "group_not_left": "The collector ended without having left its group; another one takes over "
    "when its session ends.",
    "half_failed": "The archive or the live half failed; it is started again after "
    "`retry_seconds`.",
    "half_not_ended": "A half that failed could not be ended cleanly.",
    "half_recovered": "A half that failed has been ready for a while.",
    "host_clock_right": "The clock of the collector's host is right again.",
    "host_clock_stepped": "The clock of the host was set.",
    "host_clock_wrong": "OpenSky's clock and the HTTP date contradict the clock of the host.",
    "http_refused": "The server refused or closed connections of an address at a bound.",
    "issuer_keys_not_read": "The keys of the tokens' issuer could not be read; the keys of before "
    "stay in force.",
    "kafka_commit_refused": "Kafka did not take offsets, which are only for tools that show the "
    "lag: the database has those that count.",
    "kafka_failing": "Kafka does not acknowledge what the collector publishes.",
    "kafka_reachable": "Kafka answers and has the topic, after `kafka_unreachable`.",
    "kafka_recovered": "Kafka acknowledges again, after `kafka_failing`.",
    "kafka_unreachable": "The collector waits at its start for Kafka and the topic.",
    "kafka_unusable": "A half of the processor cannot use Kafka.",
    "kafka_usable": "A half can use Kafka again, after `kafka_unusable`.",
    "leadership_lost": "Another collector may lead now, so this one requests nothing until it "
    "leads again.",
    "leadership_taken": "This collector leads: it requests and publishes.",
    "leadership_unknown": "Kafka does not say which collector leads; until it does, none requests "
    "anything.",
    "librdkafka": "A line of Kafka's client library; equal lines are logged once a minute.",
    "live_messages_ignored": "The live half ignored messages whose times cannot be right; "
    "`ignored` counts them by reason.",
    "live_state_complete": "The topic was read to its end, and streams are served.",
    "live_state_restarted": "The live state is read again, because the topic is another one or "
    "Kafka was lost.",
    "maintenance_task_failed": "Rollups, retention or another task failed; it is repeated each "
    "minute.",
    "messages_left_in_log": "The archive stopped before it could store its last batch, which the "
    "next one reads again.",
    "messages_undelivered": "The collector stopped before Kafka had taken all messages.",
    "metrics_refused": "The collector refuses all who ask for its metrics: it has no key to check.",
    "metrics_served": "The collector serves its metrics.",
    "no_credentials": "The collector polls without credentials.",
    "nothing_new_for_polls": "Polls in succession brought only rows that are older than what is "
    "published.",
    "opensky_failing": "OpenSky cannot be used; a reason is logged once in each outage.",
    "opensky_recovered": "OpenSky answers again, after `opensky_failing` or `credits_used_up`.",
    "packaged_aircraft_loaded": "The archive wrote the packaged tables of aircraft and airlines "
    "into the database.",
    "page_not_built": "The folder of the map was not built, so only the API is served.",
    "partitions_added": "The topic has more partitions, which the live half now reads.",
    "partitions_unknown": "Kafka did not say how many partitions the topic has; the number of "
    "before is used.",
    "paused_for_database": "The database takes long, so the archive reads no further.",
    "polled": "OpenSky answered, and what was new was published.",
    "reading_resumed": "The archive reads further, after `paused_for_database`.",
    "replay_interrupted": "A replay ended because the database failed; the client may resume it.",
    "response_aborted": "A large response was broken off at its deadline.",
    "retention_refused": "Nothing is deleted, because the clocks of host and database differ.",
    "revoked": "Partitions went to another instance of the archive.",
    "schema_registry_unusable": "The schema registry does not answer, or not as it should; it is "
    "asked again.",
    "schema_version_not_checked": "The role may not read the version of the tables.",
    "schemas_registered": "The collector's schemas are registered.",
    "set_aside_as_refused": "The database refused a row, which became a dead letter.",
    "set_aside_for_its_time": "A row became a dead letter, because its time cannot be right.",
    "standing_by": "Another collector leads; this one takes over when that one ends.",
    "started": "The service works.",
    "stopped": "The service has ended after a signal; the collector counts what it could not "
    "deliver.",
    "stopping": "The collector received a signal, and delivers what it has fetched.",
    "tail_incomplete": "The newest messages of the topic, from which the collector learns what is "
    "published, could not all be read.",
    "tail_times_in_future": "The newest messages of the topic have times of the future.",
    "tail_unreadable": "Messages in Avro or Protobuf at the end of the topic cannot be read; some "
    "may be published twice.",
    "thread_crashed": "A thread ended because of an error that nothing has handled.",
    "token_not_renewed": "OpenSky's token could not be renewed; the present one is still valid.",
    "topic_created": "The collector made the topic.",
    "topic_endangers_messages": "A setting of the topic may lose messages; `reason` has the "
    "command that repairs it.",
    "topic_unchecked": "Kafka did not show the settings of the topic.",
}
"""A sentence for each event name, by name. A test fails on an event without one, and the reverse.

What a field such as `reason` or `remedy` says is not repeated here."""
