-- The stored offset of each partition of a log, which is the only authority. `epoch` grows with every
-- owner, so that a former owner notices that another one has taken over.
CREATE TABLE ingest_offsets (
    cluster_id   text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    topic_id     text,
    ledger_start bigint      NOT NULL,
    next_offset  bigint      NOT NULL,
    epoch        bigint      NOT NULL,
    owner        text        NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, topic, partition)
)
----
COMMENT ON COLUMN ingest_offsets.topic_id IS 'the broker''s identity of the topic, which a topic of the same name made anew does not share; null where the broker has none'
----
COMMENT ON COLUMN ingest_offsets.ledger_start IS 'the offset at which the first row of the ledger begins'
----
-- The outcome of every message: one row for each transaction and partition. The rows of a partition
-- leave no gap and do not overlap: each lo is the hi before, and the last hi is next_offset.
CREATE TABLE ingest_ledger (
    cluster_id   text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    lo           bigint      NOT NULL,
    hi           bigint      NOT NULL CHECK (hi > lo),
    n_in         integer     NOT NULL CHECK (n_in <= hi - lo),
    n_inserted   integer     NOT NULL CHECK (n_inserted >= 0),
    n_duplicate  integer     NOT NULL CHECK (n_duplicate >= 0),
    n_dead       integer     NOT NULL CHECK (n_dead >= 0),
    epoch        bigint      NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, topic, partition, lo),
    CHECK (n_in = n_inserted + n_duplicate + n_dead)
)
----
-- Messages that hold no state vector, with their original content.
CREATE TABLE dead_letters (
    cluster_id     text        NOT NULL,
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    message_offset bigint      NOT NULL,
    key            bytea,
    headers        jsonb       NOT NULL,
    value          bytea,
    reason         text        NOT NULL,
    published_at   timestamptz,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, topic, partition, message_offset)
)
----
-- The times before which retention has dropped state vectors; the audit needs them.
CREATE TABLE retention_marks (
    dropped_before timestamptz NOT NULL PRIMARY KEY,
    dropped_at     timestamptz NOT NULL DEFAULT now()
)
