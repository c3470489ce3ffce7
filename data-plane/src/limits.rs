//! Every bound of a node, named, with its unit. Reaching one is a tested path.

use std::time::Duration;

// ---- configuration stream ----

/// How long a request waits for a snapshot at least as new as its credential.
pub const SNAPSHOT_WAIT: Duration = Duration::from_secs(2);
/// What a caller is told to wait when the snapshot did not come in time.
pub const NOT_READY_RETRY_AFTER_S: u32 = 1;
/// Subscriptions to tenants the node did not know before, per second.
pub const NEW_SUBSCRIPTIONS_PER_S: u32 = 20;
/// Tenants a node is subscribed to or waits for.
pub const SUBSCRIPTIONS_MAX: usize = 20_000;
/// A tenant nobody asked for during this time is unsubscribed.
pub const SUBSCRIPTION_IDLE: Duration = Duration::from_secs(15 * 60);
/// How often idle tenants are looked for.
pub const SUBSCRIPTION_SWEEP_EVERY: Duration = Duration::from_secs(60);
/// One message of the stream, decoded by the gRPC layer: a chunk of 1 MiB and its envelope.
pub const STREAM_MESSAGE_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;
/// All chunks of one tenant's update.
pub const UPDATE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Resources in one update of one tenant.
pub const UPDATE_RESOURCES_MAX: usize = 1_000_000;
/// Bytes of all updates under way at once.
pub const UPDATES_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Updates under way at once.
pub const UPDATES_OPEN_MAX: usize = 256;
/// Tenants in the directory of a pool.
pub const DIRECTORY_TENANTS_MAX: usize = 200_000;
/// Gateway origins of one tenant.
pub const GATEWAY_ORIGINS_MAX: usize = 64;
/// Keys of one tenant.
pub const SIGNING_KEYS_MAX: usize = 64;
pub const SESSION_KEYS_MAX: usize = 64;
/// Key id and JSON of one token-signing key.
pub const KID_BYTES_MAX: usize = 128;
pub const JWK_BYTES_MAX: usize = 4 * 1024;
/// A reject reason in an acknowledgement.
pub const REJECT_REASON_BYTES_MAX: usize = 200;
/// Rejects reported in one acknowledgement; the rest is logged and counted.
pub const REJECTS_PER_ACK_MAX: usize = 1_000;
/// Messages waiting to be sent to the control plane.
pub const STREAM_OUTBOX_MAX: usize = 1_024;
/// A heartbeat is sent this often unless the control plane names another interval.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// Shortest and longest heartbeat interval a control plane may name.
pub const HEARTBEAT_EVERY_MIN: Duration = Duration::from_millis(100);
pub const HEARTBEAT_EVERY_MAX: Duration = Duration::from_secs(4);
/// A stream that says nothing for so long is dead.
pub const STREAM_SILENCE_MAX: Duration = Duration::from_secs(5);
/// Opening a connection to the control plane.
pub const CONTROL_PLANE_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Back-off between connections: first and longest pause, before jitter.
pub const RECONNECT_PAUSE_MIN: Duration = Duration::from_millis(100);
pub const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(10);
/// Pause before a tenant whose updates cannot be applied is asked for again; doubles up to the longest.
pub const RESYNC_PAUSE_MIN: Duration = Duration::from_millis(500);
pub const RESYNC_PAUSE_MAX: Duration = Duration::from_secs(60);

/// Members of one virtual server.
pub const MEMBERS_MAX: usize = 64;
/// How long a list, or a stream, waits for one member; a member that let it wait is left out for the pause.
pub const MEMBER_TIMEOUT: Duration = Duration::from_secs(5);
pub const BREAKER_PAUSE: Duration = Duration::from_secs(10);
pub const BREAKERS_MAX: u64 = 10_000;
/// Merged lists of one caller under way on a node; the next ones wait. Callers remembered for that.
pub const LISTS_AT_ONCE: usize = 4;
pub const LIST_CALLERS_MAX: u64 = 100_000;
/// Pages read to find what a shortened name stands for.
pub const MEMBER_LIST_PAGES_MAX: usize = 20;
/// Where a client's next page of a merged list begins, before it is sealed.
pub const LIST_CURSOR_BYTES_MAX: usize = 32 * 1024;

// ---- state on disk ----

/// Changes are written after this pause, together with what follows them.
pub const STATE_WRITE_DELAY: Duration = Duration::from_secs(1);
/// How often it is written down how long the control plane has been away; what failed is tried again then, too.
pub const STATE_CONTACT_EVERY: Duration = Duration::from_secs(10);

// ---- usage ----

/// Call records waiting to be reported; beyond it the newest are dropped and counted.
pub const USAGE_QUEUE_MAX: usize = 50_000;
/// Asking for a person's credential, longer than the control plane asks a provider for one; how many leases a node
/// keeps; how long it remembers that one is missing.
pub const BROKER_TIMEOUT: Duration = Duration::from_secs(15);
pub const LEASES_MAX: u64 = 100_000;
pub const NEED_REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::seconds(5);
/// While the control plane is away: how often records go from memory to disk, and what the ring there may take.
pub const USAGE_SPOOL_EVERY: Duration = Duration::from_millis(500);
pub const USAGE_SPOOL_BYTES_DEFAULT: usize = 512 * 1024 * 1024;
pub const USAGE_SPOOL_BYTES_MAX: usize = 64 * 1024 * 1024 * 1024;
/// Records in memory beyond which they go to disk also when the control plane is there, but slow.
pub const USAGE_QUEUE_SPOOL_AT: usize = 10_000;
/// No segment of ours is larger: what is, is not read.
pub const USAGE_SEGMENT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Records in one batch.
pub const USAGE_BATCH_RECORDS_MAX: usize = 500;
/// A batch is sent after this time even if it is not full.
pub const USAGE_BATCH_EVERY: Duration = Duration::from_millis(200);
/// Batches sent and not yet acknowledged.
pub const USAGE_UNACKED_BATCHES_MAX: usize = 8;
/// A usage stream that leaves batches unacknowledged for so long is opened anew.
pub const USAGE_ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// The last report at shutdown.
pub const USAGE_FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

// ---- limits of tenants ----

/// Rules of one tenant, windows of a rule, and the name of a rule.
pub const LIMIT_RULES_MAX: usize = 500;
pub const LIMIT_WINDOWS_MAX: usize = 4;
pub const LIMIT_NAME_BYTES_MAX: usize = 1_024;
pub const LIMIT_PERIOD_S_MAX: u32 = 86_400;
/// Budgets of one tenant that a node counts in its own memory.
pub const LIMIT_BUDGETS_MAX: usize = 20_000;
/// How often a node says in Redis that it is there, and the silence after which it is not.
pub const NODE_PRESENCE_EVERY: Duration = Duration::from_secs(1);
pub const NODE_PRESENCE_MAX: Duration = Duration::from_secs(5);
/// Limits in one call record.
pub const RECORDED_RULES_MAX: usize = 64;
/// What a client is told to wait when nobody counts.
pub const UNCOUNTED_RETRY_AFTER_S: u32 = 2;

// ---- listeners ----

/// Connections open on the gateway listener.
pub const GATEWAY_CONNECTIONS_MAX: usize = 40_000;
/// Connections open on the admin listener.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// TLS handshake of one connection.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Reading the head of one request.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);
/// Size of the head of one request.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;
/// HTTP/2 streams of one connection.
pub const HTTP2_STREAMS_MAX: u32 = 256;
/// Decoded head of one HTTP/2 request.
pub const HTTP2_HEADER_BYTES_MAX: u32 = 64 * 1024;
/// A connection that does not answer a ping is closed.
pub const HTTP2_PING_EVERY: Duration = Duration::from_secs(30);
/// Tasks that do not end by themselves are left behind after this time at shutdown.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// A node that is to be empty sends streams and idle connections elsewhere this often; the first time after as long, so
/// that balancers have seen that it is not ready.
pub const DRAIN_EVERY: Duration = Duration::from_secs(10);
/// Pause of the accept loop when the system is out of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

// ---- configuration file: what an operator may choose from ----

pub const BODY_BYTES_DEFAULT: usize = 4 * 1024 * 1024;
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Memory for frames in flight, node-wide.
pub const BUFFER_BYTES_DEFAULT: usize = 256 * 1024 * 1024;
pub const CONNECT_TIMEOUT_MS_DEFAULT: u64 = 5_000;
pub const CALL_TIMEOUT_MS_DEFAULT: u64 = 60_000;
pub const TIMEOUT_MS_MAX: u64 = 3_600_000;
pub const DRAIN_TIMEOUT_MS_DEFAULT: u64 = 30_000;
pub const DIRECTORY_WAIT_MS_DEFAULT: u64 = 2_000;

// ---- messages ----

/// Nesting of a JSON text.
pub const JSON_DEPTH_MAX: usize = 64;
/// Members of envelope, `params`, `_meta` and capability objects together.
pub const JSON_MEMBERS_RECORDED_MAX: usize = 1024;
pub const JSON_RPC_ID_BYTES_MAX: usize = 256;
/// One message from an upstream; some clients cut larger ones.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// An upstream's event id; a longer one is not handed on.
pub const EVENT_ID_BYTES_MAX: usize = 512;
/// One that travels through a client, sealed with what is needed to resume there.
pub const SEALED_EVENT_ID_BYTES_MAX: usize = 2048;
/// Read and thrown away of a body that is too large, so that the client hears the refusal instead of a reset.
pub const BODY_DISCARD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Reading the body of one request.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// `Mcp-Param-*` headers of one request: how many, one value, all of them.
pub const PARAM_HEADERS_MAX: usize = 64;
pub const PARAM_HEADER_BYTES_MAX: usize = 8 * 1024;
pub const PARAM_HEADERS_BYTES_MAX: usize = 32 * 1024;
/// A tool, prompt or resource name in a call record.
pub const RECORDED_TARGET_BYTES_MAX: usize = 256;

// ---- sessions of legacy clients ----

/// A session older than this starts anew.
pub const SESSION_AGE_MAX_S: i64 = 30 * 24 * 3600;
/// A sealed session id as it travels.
pub const SESSION_ID_BYTES_MAX: usize = 480;
/// What a client declared about roots, sampling and elicitation, in its session id; more is cut to what is known.
pub const CLIENT_CAPABILITIES_BYTES_MAX: usize = 192;
pub const CLIENT_NAME_BYTES_MAX: usize = 64;
pub const CLIENT_VERSION_BYTES_MAX: usize = 32;
/// Sessions a client ended, remembered until they would have expired anyway.
pub const ENDED_SESSIONS_MAX: u64 = 100_000;

/// Upstream sessions and what clients asked for in them, remembered on one node.
pub const STORED_SESSIONS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Sessions opened or ended while Redis was away, remembered to be stored later.
pub const UNSTORED_SESSIONS_MAX: u64 = 50_000;
/// Resource subscriptions that survive the loss of an upstream session.
pub const SUBSCRIPTIONS_PER_SESSION_MAX: usize = 64;
pub const SUBSCRIPTION_URI_BYTES_MAX: usize = 2 * 1024;

// ---- what nodes share ----

/// One exchange with Redis that a request waits for; what an operator may choose.
pub const REDIS_DEADLINE_DEFAULT: Duration = Duration::from_millis(50);
pub const REDIS_DEADLINE_MAX: Duration = Duration::from_millis(1_000);
/// Failures in a row after which nobody asks Redis for [`REDIS_PAUSE`].
pub const REDIS_FAILURES_MAX: u32 = 3;
pub const REDIS_PAUSE: Duration = Duration::from_millis(500);
/// How often Redis is asked whether it is there, besides what requests ask.
pub const REDIS_PING_EVERY: Duration = Duration::from_secs(1);
pub const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause before a subscription that broke is made anew.
pub const RESUBSCRIBE_PAUSE: Duration = Duration::from_millis(250);
/// How often a subscription is asked whether it is still there.
pub const SUBSCRIPTION_PING_EVERY: Duration = Duration::from_secs(5);
/// How long the node that a letter is for may take to answer.
pub const LETTER_ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Letters waiting for an answer, and letters being read, per node.
pub const LETTERS_UNANSWERED_MAX: usize = 4_096;
pub const LETTERS_READING_MAX: usize = 64;

/// What one message from node to node carries.
pub const LETTER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A cancellation that all nodes are asked about.
pub const CANCEL_BYTES_MAX: usize = 16 * 1024;

// ---- modern clients ----

/// An upstream's `requestState`, before it is sealed, and how long a client may take to come back with it.
pub const REQUEST_STATE_BYTES_MAX: usize = 64 * 1024;
pub const REQUEST_STATE_AGE_MAX_S: i64 = 3600;
/// An upstream's task id, before it is sealed.
pub const TASK_ID_BYTES_MAX: usize = 1024;
/// What an upstream asks of a client in one answer.
pub const INPUT_REQUESTS_MAX: usize = 64;
/// Resources, and tasks, that one `subscriptions/listen` names.
pub const LISTEN_RESOURCES_MAX: usize = 1024;
pub const LISTEN_TASKS_MAX: usize = 256;

// ---- credentials ----

pub const BEARER_BYTES_MAX: usize = 8 * 1024;
/// What callers send along for single servers.
pub const FORWARDED_HEADERS_BYTES_MAX: usize = 8 * 1024;
/// Scopes that an upstream asks for.
pub const CHALLENGED_SCOPES_BYTES_MAX: usize = 1024;
/// Verified tokens remembered by digest.
pub const VERIFIED_TOKENS_MAX: u64 = 50_000;

// ---- upstreams ----

/// A call is over after this, whatever progress it reports.
pub const CALL_TOTAL_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Upstream sessions being opened at once, per node.
pub const UPSTREAM_OPENINGS_MAX: u64 = 50_000;
/// How long an upstream session is remembered without use.
pub const UPSTREAM_SESSION_IDLE: Duration = Duration::from_secs(24 * 3600);
pub const UPSTREAM_SESSION_ID_BYTES_MAX: usize = 1024;
/// What was learned about an upstream's era is asked again after this.
pub const ERA_VERDICT_AGE_MAX: Duration = Duration::from_secs(600);
pub const ERA_VERDICTS_MAX: u64 = 20_000;
pub const ERA_PROBE_TIMEOUT: Duration = Duration::from_secs(10);
pub const UPSTREAM_IDLE_CONNECTIONS_PER_HOST_MAX: usize = 64;
/// Certificates that one server trusts of its own, and sets of them with connections on a node.
pub const TRUSTED_CERTIFICATES_MAX: usize = 8;
pub const TRUSTING_CLIENTS_MAX: u64 = 512;
pub const UPSTREAM_IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Ending an upstream session, or answering a request it should not have sent.
pub const UPSTREAM_COURTESY_TIMEOUT: Duration = Duration::from_secs(5);
/// Frames on their way to one client.
pub const RELAY_FRAMES_MAX: usize = 16;
/// Silence on a stream to a client before a comment is sent.
pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// Streams without an end of their own (GET, `subscriptions/listen`): of one principal, and on the node.
pub const STREAMS_PER_PRINCIPAL_MAX: usize = 256;
pub const STREAMS_MAX: usize = 20_000;
/// Telling a client that its stream ends.
pub const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// What a client with too many streams is told to wait.
pub const STREAMS_RETRY_AFTER_S: u32 = 30;
/// How often an open stream's right to exist is looked at when nothing changes.
pub const STREAM_CHECK_EVERY: Duration = Duration::from_secs(15);
/// How long the head of an answer waits for the first message of an upstream's stream.
pub const FIRST_FRAME_WAIT: Duration = Duration::from_secs(1);

// ---- streams that an upstream opens to a client ----

/// Frames read from one upstream stream per second, and at once after a calm time.
pub const STREAM_FRAMES_PER_S: f64 = 500.0;
pub const STREAM_FRAMES_BURST: f64 = 1_000.0;
/// A notice that something changed is passed on once in this time; what comes again is said at its end.
pub const NOTICE_WINDOW: Duration = Duration::from_millis(500);
/// Different notices compared in one window, and the longest that is compared.
pub const NOTICES_REMEMBERED_MAX: usize = 64;
pub const NOTICE_BYTES_MAX: usize = 1024;
/// Requests of upstreams that wait for one client session, and on the node; and for how long.
pub const PARKED_REQUESTS_PER_SESSION_MAX: usize = 32;
pub const PARKED_REQUESTS_MAX: usize = 10_000;
pub const PARKED_REQUEST_AGE_MAX: Duration = Duration::from_secs(15 * 60);
/// How often a stream that an upstream left without an answer is resumed in a row without anything coming of it.
pub const RESUME_ATTEMPTS_MAX: u32 = 5;
/// Pause before that, when the upstream names none, and the longest it can name.
pub const RESUME_PAUSE: Duration = Duration::from_secs(1);
pub const RESUME_PAUSE_MAX: Duration = Duration::from_secs(30);
/// An upstream that still holds the stream of a client that is gone lets go of it in this time.
pub const STREAM_TAKEOVER_PAUSE: Duration = Duration::from_millis(100);
pub const STREAM_TAKEOVER_ATTEMPTS_MAX: u32 = 5;
/// A stream older than this is ended; clients open another.
pub const STREAM_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
