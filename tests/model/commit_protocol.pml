/* The commit protocol of the archive (processor/archive/writer.py), with steps of the same names.

   Two instances store two partitions. At any step a group may give a partition to another instance, which the
   former owner does not notice; an instance may crash; the database may end a session; and the acknowledgement
   of a commit may be lost, whether or not the commit succeeded. Each message must be stored once.

   `BLIND_OFFSETS`, `NO_EPOCH` and `OFFSETS_APART` each leave out one part of the protocol; the checker must then
   find a message that is stored twice or lost, or an instance that stops without need. */

#define INSTANCES   2
#define PARTITIONS  2
#define MESSAGES    2   /* in each partition */
#define CLAIMS      3   /* of each partition, at most */
#ifndef FAULTS
#define FAULTS      1   /* crashes, ended sessions and lost acknowledgements, at most */
#endif

#define NONE        255
#define AT(i, p)    ((i) * PARTITIONS + (p))
#define MESSAGE(p, offset) ((p) * MESSAGES + (offset))

/* The database: ingest_offsets, its row locks, and how often ingest_ledger accounts each message. */
byte next_offset[PARTITIONS];
byte epoch[PARTITIONS];
byte locked_by[PARTITIONS] = NONE;
byte stored[PARTITIONS * MESSAGES];
byte faults;

/* Of each instance: the partitions that it believes to own, and the spans of its batch. */
bool owns[INSTANCES * PARTITIONS];
byte own_epoch[INSTANCES * PARTITIONS];
byte own_next[INSTANCES * PARTITIONS];
bool in_batch[INSTANCES * PARTITIONS];
byte lo[INSTANCES * PARTITIONS];
byte hi[INSTANCES * PARTITIONS];
byte span_epoch[INSTANCES * PARTITIONS];
bool is_session_ended[INSTANCES];

#define IS_STORED (next_offset[0] == MESSAGES && next_offset[1] == MESSAGES)
#define HAS_BATCH(i) (in_batch[AT(i, 0)] || in_batch[AT(i, 1)])

/* The claim waits for the lock of a transaction that is under way. */
#define CAN_CLAIM(p) (epoch[p] < CLAIMS && locked_by[p] == NONE)

inline claim(i, p) {
    epoch[p]++;
    owns[AT(i, p)] = true;
    own_epoch[AT(i, p)] = epoch[p];
    own_next[AT(i, p)] = next_offset[p]
}

/* What is forgotten is set to zero, so that states which differ in nothing else are one state. */
inline forget_span(i, p) {
    in_batch[AT(i, p)] = false;
    lo[AT(i, p)] = 0;
    hi[AT(i, p)] = 0;
    span_epoch[AT(i, p)] = 0
}

inline disown(i, p) {
    owns[AT(i, p)] = false;
    own_epoch[AT(i, p)] = 0;
    own_next[AT(i, p)] = 0
}

inline leave(i, p) {
    disown(i, p);
    forget_span(i, p)
}

inline roll_back(i) {
    if :: locked_by[0] == i -> locked_by[0] = NONE :: else fi;
    if :: locked_by[1] == i -> locked_by[1] = NONE :: else fi
}

inline read(i, p) {
    if
    :: owns[AT(i, p)] && own_next[AT(i, p)] < MESSAGES ->
        in_batch[AT(i, p)] = true;
        lo[AT(i, p)] = own_next[AT(i, p)];
        span_epoch[AT(i, p)] = own_epoch[AT(i, p)];
        if
        :: hi[AT(i, p)] = own_next[AT(i, p)] + 1
        :: hi[AT(i, p)] = MESSAGES
        fi
    :: else
    fi
}

#ifdef BLIND_OFFSETS
#define MATCHES(i, p) (epoch[p] == span_epoch[AT(i, p)])
#else
#ifdef NO_EPOCH
#define MATCHES(i, p) (next_offset[p] == lo[AT(i, p)])
#else
#define MATCHES(i, p) (next_offset[p] == lo[AT(i, p)] && epoch[p] == span_epoch[AT(i, p)])
#endif
#endif

#ifdef OFFSETS_APART
/* The offsets are committed in a transaction of their own, so a crash may come before the rows. */
#define STORE(message) if :: stored[message]++ :: faults < FAULTS -> faults++ fi
#else
#define STORE(message) stored[message]++
#endif

/* Locks are taken in order of partition. */
inline advance(i, p) {
    if
    :: in_batch[AT(i, p)] ->
        if
        :: is_session_ended[i]
        :: !is_session_ended[i] && locked_by[p] == NONE -> locked_by[p] = i
        fi;
        if
        :: !MATCHES(i, p) -> is_mismatch = true
        :: else
        fi
    :: else
    fi
}

inline insert_and_record(i, p) {
    if
    :: in_batch[AT(i, p)] ->
        offset = lo[AT(i, p)];
        do
        :: offset < hi[AT(i, p)] ->
            STORE(MESSAGE(p, offset));
            assert(stored[MESSAGE(p, offset)] <= 1);
            offset++
        :: else -> break
        od;
        next_offset[p] = hi[AT(i, p)]
    :: else
    fi
}

inline settle(i, p) {
    if
    :: in_batch[AT(i, p)] ->
        if
        :: owns[AT(i, p)] && own_epoch[AT(i, p)] == span_epoch[AT(i, p)] -> own_next[AT(i, p)] = hi[AT(i, p)]
        :: else
        fi;
        forget_span(i, p)
    :: else
    fi
}

inline leave_if_fenced(i, p) {
    if
    :: in_batch[AT(i, p)] && epoch[p] != span_epoch[AT(i, p)] ->
        is_fenced = true;
        if
        :: owns[AT(i, p)] && own_epoch[AT(i, p)] == span_epoch[AT(i, p)] -> disown(i, p)
        :: else
        fi;
        forget_span(i, p)
    :: else
    fi
}

#define IS_AFTER(i, p)  (!in_batch[AT(i, p)] || next_offset[p] == hi[AT(i, p)])

proctype Archive(byte i) {
    bool is_mismatch;
    bool is_fenced;
    byte offset;

    end: do
    :: IS_STORED -> break

    /* The group gives a partition to this instance. */
    :: atomic { !HAS_BATCH(i) && CAN_CLAIM(0) -> claim(i, 0) }
    :: atomic { !HAS_BATCH(i) && CAN_CLAIM(1) -> claim(i, 1) }

    :: atomic { !HAS_BATCH(i) && (owns[AT(i, 0)] || owns[AT(i, 1)]) -> read(i, 0); read(i, 1) }

    :: atomic { faults < FAULTS && (owns[AT(i, 0)] || owns[AT(i, 1)]) ->
        faults++;
        leave(i, 0);
        leave(i, 1)
       }   /* crash: what was read is forgotten, the log keeps it */

    :: HAS_BATCH(i) ->
        atomic { advance(i, 0) };
        atomic { advance(i, 1) };
        if
        :: atomic { is_session_ended[i] || is_mismatch -> roll_back(i) };
            if
            :: is_mismatch -> goto explain
            :: else           /* the batch is tried again */
            fi
        :: atomic { !is_session_ended[i] && !is_mismatch ->
                insert_and_record(i, 0);
                insert_and_record(i, 1);
                roll_back(i);                 /* the commit releases the locks */
                if
                :: settle(i, 0); settle(i, 1)
                :: faults < FAULTS -> faults++   /* its acknowledgement is lost: it is tried again */
                fi
           }
        :: atomic { faults < FAULTS -> faults++; roll_back(i) }   /* the commit fails */
        :: atomic { faults < FAULTS -> faults++; roll_back(i); leave(i, 0); leave(i, 1) }   /* crash */
        fi;
        goto next;

explain:
        atomic {
            leave_if_fenced(i, 0);
            leave_if_fenced(i, 1);
            if
            :: IS_AFTER(i, 0) && IS_AFTER(i, 1) -> settle(i, 0); settle(i, 1)   /* commit_had_succeeded */
            :: else -> assert(is_fenced)   /* or else LogLostError: the rest is tried again */
            fi
        };
next:   atomic { is_mismatch = false; is_fenced = false; is_session_ended[i] = false; offset = 0 }
    od
}

/* A claim ends the session of a former owner that sleeps in the middle of a transaction (`end_overdue`). */
proctype EndOverdue() {
    end: do
    :: IS_STORED -> break
    :: atomic { faults < FAULTS && locked_by[0] != NONE ->
        faults++; is_session_ended[locked_by[0]] = true; locked_by[0] = NONE }
    :: atomic { faults < FAULTS && locked_by[1] != NONE ->
        faults++; is_session_ended[locked_by[1]] = true; locked_by[1] = NONE }
    od
}

#define IS_RIGHT(p, offset) (stored[MESSAGE(p, offset)] == (offset < next_offset[p] -> 1 : 0))
#define HAS_OWNER(p) ((owns[AT(0, p)] && own_epoch[AT(0, p)] == epoch[p]) \
                      || (owns[AT(1, p)] && own_epoch[AT(1, p)] == epoch[p]))
/* Only the bound of this model may leave a partition without an owner. */
#define IS_DONE(p) (next_offset[p] == MESSAGES || (epoch[p] == CLAIMS && !HAS_OWNER(p)))

init {
    atomic { run Archive(0); run Archive(1); run EndOverdue() };
    timeout ->   /* no process can move */
    assert(IS_RIGHT(0, 0) && IS_RIGHT(0, 1) && IS_RIGHT(1, 0) && IS_RIGHT(1, 1));
    assert(locked_by[0] == NONE && locked_by[1] == NONE);
    assert(IS_DONE(0) && IS_DONE(1))
}
