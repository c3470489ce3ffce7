//! Every bound of the control plane, named, with units.

/// Time an answer may wait for nodes to acknowledge a change (DESIGN: configuration stream).
pub const ACK_WAIT_MAX_MS: u64 = 2_000;
/// Encoded size of one chunk of a configuration update.
pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// Rows of one page of any list.
pub const PAGE_SIZE_DEFAULT: u64 = 50;
pub const PAGE_SIZE_MAX: u64 = 200;
/// Length of names that people type.
pub const NAME_CHARS_MAX: usize = 120;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Tags of one server, and the length of each.
pub const TAGS_MAX: usize = 10;
pub const TAG_CHARS_MAX: usize = 32;
pub const URL_BYTES_MAX: usize = 2_048;
/// Request bodies of the REST API and of the authorization server.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// A browser session ends this long after it was last used…
pub const SESSION_IDLE_S: i64 = 12 * 3_600;
/// …and this long after sign-in in any case.
pub const SESSION_ABSOLUTE_S: i64 = 24 * 3_600;
/// How often the use of a session is written down.
pub const SESSION_TOUCH_S: i64 = 60;
/// How long a browser session that ended is kept, if no grant rests on it.
pub const SESSION_KEPT_S: i64 = 30 * 86_400;
/// An operator's session may change every tenant: it ends this long after it was last used…
pub const OPERATOR_SESSION_IDLE_S: i64 = 3_600;
/// …and this long after it began in any case.
pub const OPERATOR_SESSION_ABSOLUTE_S: i64 = 12 * 3_600;
/// The link of a sign-up is good for this long; its mail is tried after each of these waits.
pub const SIGN_UP_S: i64 = 86_400;
pub const SIGN_UP_MAIL_WAITS_MS: [u64; 3] = [0, 10_000, 50_000];
pub const USER_AGENT_CHARS_MAX: usize = 200;
/// A retired signing key stays published until the last token it signed is dead: the longest access token, and an hour.
pub const SIGNING_KEY_RETIRED_S: i64 = 13 * 3_600;
pub const COOKIE_BYTES_MAX: usize = 256;
/// Passwords: at least this many characters, whatever they are (NIST SP 800-63B §3.1.1).
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// How long open requests may take once shutdown began.
pub const DRAIN_MAX_MS: u64 = 10_000;
/// An authorization request waits this long for sign-in and consent.
pub const AUTHORIZATION_REQUEST_S: i64 = 600;
/// An authorization code lives this long (RFC 6749 §4.1.2 allows ten minutes; clients need a second).
pub const AUTHORIZATION_CODE_S: i64 = 60;
/// `state` is the client's own; some put a structure into it.
pub const STATE_BYTES_MAX: usize = 4_096;
/// A refresh token dies when it was not used for this long.
pub const REFRESH_IDLE_S: i64 = 30 * 86_400;
/// Tolerant rotation: a token is replaced at the first use after this age…
pub const REFRESH_ROTATE_AFTER_S: i64 = 86_400;
/// …and yields its successor for this long after that.
pub const REFRESH_GRACE_TOLERANT_S: i64 = 86_400;
/// Strict rotation: what parallel requests of one client may overlap.
pub const REFRESH_GRACE_STRICT_S: i64 = 60;
/// A registered client that nobody ever approved is forgotten after this long.
pub const CLIENT_UNUSED_S: i64 = 86_400;
pub const REDIRECT_URIS_MAX: usize = 20;
/// Documents that describe clients: how long one is fresh when it does not say, and the bounds of what it may say…
pub const DOCUMENT_FRESH_DEFAULT_S: i64 = 3_600;
pub const DOCUMENT_FRESH_MIN_S: i64 = 300;
pub const DOCUMENT_FRESH_MAX_S: i64 = 86_400;
/// …how long a failure to read one is remembered…
pub const DOCUMENT_FAILED_S: i64 = 60;
/// …how old one may be that stands in while its site is away…
pub const DOCUMENT_STALE_MAX_S: i64 = 7 * 86_400;
/// …its size, and how long reading it may take.
pub const DOCUMENT_BYTES_MAX: usize = 32 * 1024;
pub const FETCH_MS_MAX: u64 = 5_000;
pub const DOCUMENTS_KEPT_MAX: u64 = 10_000;
/// A try in the playground: how long all of it may take, what is read of one answer, how much of it is shown raw, and
/// how long the token lives that it goes by.
pub const TRY_MS_MAX: u64 = 90_000;
pub const TRY_BYTES_MAX: usize = 2 * 1024 * 1024;
pub const TRY_SHOWN_BYTES_MAX: usize = 64 * 1024;
pub const TRY_TOKEN_S: i64 = 120;
/// Pages of tools that are looked through for one tool's schema.
pub const TRY_PAGES_MAX: usize = 20;
/// A look at a server that is about to be registered: time and size of one answer.
pub const PROBE_MS_MAX: u64 = 8_000;
pub const PROBE_BYTES_MAX: usize = 1024 * 1024;
pub const PROBE_TOOLS_MAX: usize = 200;
/// Hosts of one list of a tenant's client policy.
pub const CLIENT_HOSTS_MAX: usize = 100;
/// Tools of a server in one list of its switches.
pub const SWITCHED_TOOLS_MAX: usize = 1_000;
/// Blocked clients of a tenant: nodes hold them in memory.
pub const BLOCKED_CLIENTS_MAX: usize = 1_000;
/// A replaced client secret or API key works on for this long unless who replaces it says otherwise, and at most so
/// long.
pub const SECRET_OVERLAP_S: u32 = 86_400;
pub const SECRET_OVERLAP_S_MAX: u32 = 30 * 86_400;
/// Signing and session keys are replaced at this age unless the operator says otherwise. A session key lasts 31 days
/// longer, so that even daily rotation stays within the keys that a node holds.
pub const KEY_AGE_DAYS: u32 = 30;
/// A retired session key stays until the last session it sealed is dead: the longest life of a session id, and a day.
pub const SESSION_KEY_RETIRED_S: i64 = 31 * 86_400;
/// Keys of one kind of rate limit that are kept in memory.
pub const RATE_KEYS_MAX: u64 = 100_000;

/// Names that operators give to nodes and pools.
pub const NODE_NAME_CHARS_MAX: usize = 80;
pub const POOL_CHARS_MAX: usize = 80;
/// Changed resources of one delta; beyond it the full picture is sent, which then costs no more.
pub const DELTA_ROWS_MAX: u64 = 1_000;
/// How long changes are kept for nodes that were away, and how many of one tenant; older nodes get the full picture.
pub const OUTBOX_KEPT_DAYS: i64 = 7;
pub const OUTBOX_REVISIONS_MAX: i64 = 100_000;

/// Heartbeat of the configuration stream, both ways, and the silence after which a node counts as gone.
pub const HEARTBEAT_MS: u64 = 1_000;
pub const SILENCE_MAX_MS: u64 = 5_000;
/// How long one message to a node may wait before the node counts as stuck.
pub const SEND_STALL_MAX_MS: u64 = 5_000;
/// Messages that wait for a slow node; what changes meanwhile is told once, in its latest state.
pub const STREAM_OUTBOX_MAX: usize = 16;
/// Size of a message that a node may send: a hello that lists every tenant it has.
pub const NODE_MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Tenants that a node may newly subscribe to, per second.
pub const SUBSCRIBES_PER_S: u32 = 20;
pub const SUBSCRIPTIONS_MAX: usize = 20_000;
/// Refusals that may wait for a node that does not read; beyond it the node is flooding us.
pub const REFUSALS_QUEUED_MAX: usize = 256;
/// What is kept of the resources that a node refused, per tenant.
pub const REJECTS_KEPT_MAX: usize = 64;
pub const REJECT_REASON_CHARS_MAX: usize = 200;
/// Concurrent calls of one node connection.
pub const GRPC_STREAMS_PER_CONNECTION_MAX: u32 = 32;

/// One batch of call records, and one message that carries it.
pub const USAGE_BATCH_RECORDS_MAX: usize = 1_000;
pub const USAGE_MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Acknowledgements that may wait for a node.
pub const USAGE_ACKS_QUEUED_MAX: usize = 16;
/// Texts of a call record; what is longer is cut.
pub const RECORD_TEXT_CHARS_MAX: usize = 512;
pub const RECORD_RULES_MAX: usize = 64;
/// Numbers of a call record; a larger one is a lie or a bug of the node, and neither may lose the record.
pub const RECORD_NUMBER_MAX: u64 = i64::MAX as u64;
/// How far ahead of ours a node's clock may be.
pub const RECORD_AHEAD_MAX_S: i64 = 24 * 3_600;
/// How far the time in a record's id may be from when the call started: nodes make both at once.
pub const RECORD_ID_SKEW_MAX_S: i64 = 1;
/// The call log: what is searched unless the search says otherwise, what one search may span, and how long it may take.
pub const CALLS_RANGE_DEFAULT_S: i64 = 86_400;
pub const CALLS_RANGE_DAYS_MAX: i64 = 31;
pub const CALLS_SEARCH_MS_MAX: u64 = 5_000;
/// Calls of one exported file, and of one read of it.
pub const CALLS_EXPORT_ROWS_MAX: u64 = 500_000;
pub const CALLS_EXPORT_BATCH: u64 = 1_000;
/// Servers that one manager sees the calls of.
pub const CALLS_MANAGED_SERVERS_MAX: u64 = 200;
/// The live tail of the call log: listeners of one person or service account, of one tenant, of one replica…
pub const TAILS_PER_PRINCIPAL_MAX: usize = 5;
pub const TAILS_PER_TENANT_MAX: usize = 50;
pub const TAILS_MAX: usize = 200;
/// …calls that wait for one listener, which is a whole batch of a node…
pub const TAIL_QUEUED_MAX: usize = 1_000;
/// …how often a listener hears that the stream is alive, how often it is looked at whether it may still listen, and how
/// soon after something changed in its tenant.
pub const TAIL_HEARTBEAT_MS: u64 = 15_000;
pub const TAIL_CHECK_MS: u64 = 10_000;
pub const TAIL_CHECK_SOON_MS: u64 = 500;
/// What replicas tell each other of new calls: calls that wait to be told, those of one message (PostgreSQL takes less
/// than 8,000 bytes), messages that wait to be read, and the pause after one could not be sent.
pub const TAIL_UNTOLD_MAX: usize = 20_000;
pub const TAIL_TOLD_MAX: usize = 150;
pub const TAIL_UNHEARD_MAX: usize = 256;
pub const TAIL_TELL_PAUSE_MS: u64 = 1_000;
/// How long calls are kept: unless the tenant says otherwise, and at most. How many are forgotten in one transaction, and
/// in how many transactions of one tenant before others have their turn.
/// Of a tenant, set by operators; more than any deployment has.
pub const CONCURRENT_CALLS_MAX: u32 = 100_000;
pub const CALL_LOG_DAYS: u32 = 90;
pub const CALL_LOG_DAYS_MAX: u32 = 400;
pub const CALLS_FORGOTTEN_BATCH: u64 = 5_000;
pub const CALLS_FORGOTTEN_BATCHES_MAX: usize = 2_000;
/// Usage: texts that tell roll-ups apart, what a series spans by the hour and by the day, and how many series there are.
pub const USAGE_TEXT_CHARS_MAX: usize = 120;
pub const USAGE_DEFAULT_S: i64 = 86_400;
pub const USAGE_DEFAULT_S_BY_DAY: i64 = 30 * 86_400;
pub const USAGE_DAYS_MAX_BY_HOUR: i64 = 31;
pub const USAGE_DAYS_MAX: i64 = 400;
pub const USAGE_SERIES_DEFAULT: u64 = 10;
pub const USAGE_SERIES_MAX: u64 = 50;
/// The audit log: events of one read, and those that one request for verification walks along; it says where to go on.
pub const AUDIT_READ_EVENTS: u64 = 1_000;
pub const AUDIT_VERIFY_EVENTS_MAX: u64 = 50_000;
/// What one such request tells of what it found.
pub const AUDIT_FLAWS_SHOWN: usize = 100;
/// What a server may set as the timeout of one call.
pub const TIMEOUT_MS_MIN: u32 = 1_000;
pub const TIMEOUT_MS_MAX: u32 = 600_000;
/// Settings of a tenant.
/// Rows of one statement: databases bound its parameters.
pub const ROWS_PER_INSERT_MAX: usize = 500;
pub const ACCESS_TOKEN_S_MIN: u32 = 300;
pub const ACCESS_TOKEN_S_MAX: u32 = 43_200;
pub const OFFLINE_S_MAX: u32 = 30 * 86_400;
pub const ORIGINS_MAX: usize = 20;
/// API keys: how many of one person or service account work at once, and servers named by one.
pub const API_KEYS_PER_OWNER_MAX: u64 = 50;
pub const API_KEY_SERVERS_MAX: usize = 50;
/// Keys on the page of a person, and servers to choose from; the API lists them all.
pub const API_KEYS_SHOWN: u64 = 100;
/// Connections and browser sessions on one page, of each.
pub const CONNECTIONS_SHOWN: u64 = 200;
pub const API_KEY_CHOICES_MAX: u64 = 100;
pub const API_KEY_DAYS_DEFAULT: u32 = 90;
pub const API_KEY_DAYS_MAX: u32 = 3_650;
/// A key that ends within so many days is shown to its owner as one to replace.
pub const API_KEY_EXPIRES_SOON_DAYS: i64 = 14;
/// How often the use of a key is written down.
pub const API_KEY_TOUCH_S: i64 = 300;
/// How long nodes are told of an expired key, so that its user hears that it has expired and not that it is unknown.
pub const API_KEY_EXPIRED_TOLD_S: i64 = 30 * 86_400;
/// How long a key that was revoked or has expired stays in the list; and how many are forgotten in one transaction.
pub const API_KEY_ENDED_KEPT_S: i64 = 90 * 86_400;
pub const API_KEYS_ENDED_BATCH: u64 = 1_000;
/// People named by one change of a group's members.
pub const GROUP_MEMBERS_CHANGED_MAX: usize = 1_000;
/// Of each kind of subject, when a manager looks for somebody to give a grant to.
pub const CANDIDATES_MAX: u64 = 20;
/// Service accounts of a tenant.
pub const SERVICE_ACCOUNTS_MAX: u64 = 1_000;
/// A replica of the control plane says that it is alive this often, and counts as gone after that silence.
pub const REPLICA_BEAT_MS: u64 = 2_000;
pub const REPLICA_SILENCE_MAX_MS: i64 = 7_000;
/// How long a replica waits for its own nodes before it answers another one, so that the answer comes in time.
pub const ACK_ANSWER_MAX_MS: u64 = 1_700;
/// Questions of other replicas answered at once; beyond it they stay unanswered, which says "not all".
pub const ACK_QUESTIONS_MAX: usize = 1_000;
/// How long a one-time link works.
pub const INVITATION_S: i64 = 7 * 86_400;

/// SCIM: a request's body holds ten thousand members; what one may say…
pub const SCIM_BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
pub const SCIM_FILTER_BYTES_MAX: usize = 4 * 1024;
pub const SCIM_FILTER_TERMS_MAX: usize = 100;
pub const SCIM_PATH_BYTES_MAX: usize = 1_024;
pub const SCIM_OPERATIONS_MAX: usize = 1_000;
pub const SCIM_MEMBERS_PER_REQUEST_MAX: usize = 20_000;
/// …what one person's attributes may be: values of one attribute, length of a text, all of it as JSON…
pub const SCIM_ELEMENTS_MAX: usize = 100;
pub const SCIM_VALUE_CHARS_MAX: usize = 8_192;
pub const SCIM_RESOURCE_BYTES_MAX: usize = 64 * 1024;
pub const SCIM_USER_NAME_CHARS_MAX: usize = 256;
/// …and what an answer may hold: attributes asked for, resources of a page, members of the groups on it.
pub const SCIM_ATTRIBUTES_MAX: usize = 100;
pub const SCIM_PAGE_DEFAULT: u64 = 100;
pub const SCIM_PAGE_MAX: u64 = 200;
pub const SCIM_MEMBERS_SHOWN_MAX: u64 = 100_000;
/// People looked through for a filter that no index answers, and how many are read at once.
pub const SCIM_SCAN_MAX: usize = 20_000;
pub const SCIM_SCAN_BATCH: u64 = 500;
/// SCIM tokens: of one tenant, their life, and how often their use is written down.
pub const SCIM_TOKENS_MAX: u64 = 20;
pub const SCIM_TOKEN_DAYS_DEFAULT: u32 = 365;
pub const SCIM_TOKEN_DAYS_MAX: u32 = 3_650;
pub const SCIM_TOKEN_TOUCH_S: i64 = 300;
/// Requests of identity providers that are kept per tenant, and what is kept of a body, a path, a reason.
pub const SCIM_LOG_ROWS_MAX: u64 = 200;
pub const SCIM_LOG_BODY_BYTES_MAX: usize = 4 * 1024;
pub const SCIM_LOG_TEXT_CHARS_MAX: usize = 512;
/// E-mail domains: how many of one tenant, and how long a name may be (RFC 1035 §2.3.4).
pub const DOMAINS_MAX: u64 = 100;
pub const DOMAIN_NAME_BYTES_MAX: usize = 253;
/// How many foreign records are repeated to whoever looks for theirs.
pub const DOMAIN_FOUND_MAX: usize = 3;
/// How often a verified domain is looked at again, how often one whose record is gone…
pub const DOMAIN_CHECK_S: i64 = 86_400;
pub const DOMAIN_AGAIN_S: i64 = 3_600;
/// …and how long the record may be gone before the domain is lost.
pub const DOMAIN_GRACE_S: i64 = 7 * 86_400;
/// Tenants of one domain that the front door lists.
pub const DOOR_TENANTS_MAX: u64 = 20;
/// Looking for a record: one attempt, attempts, and all of it.
pub const DNS_ATTEMPT_MS: u64 = 2_000;
pub const DNS_ATTEMPTS: usize = 2;
pub const DNS_MS_MAX: u64 = 6_000;
/// Mail: one step of the conversation with the server, and all of it.
pub const MAIL_STEP_MS_MAX: u64 = 5_000;
pub const MAIL_MS_MAX: u64 = 15_000;
/// How long whoever sends a mail has it for itself; longer than sending may take.
pub const MAIL_CLAIM_S: i64 = 120;
/// How often waiting mails are looked for, and how many at once.
pub const MAIL_POLL_MS: u64 = 15_000;
pub const MAIL_BATCH: u64 = 50;
/// When a mail is tried again, counted from the attempt before; then it is given up.
pub const MAIL_RETRIES_S: [i64; 7] = [60, 300, 900, 3_600, 4 * 3_600, 8 * 3_600, 12 * 3_600];
/// What is kept of a mail server's words.
pub const MAIL_REASON_CHARS_MAX: usize = 300;
/// Second factor: how many recovery codes, and characters of one.
pub const RECOVERY_CODES: usize = 10;
pub const RECOVERY_CODE_CHARS: usize = 10;
/// Wrong codes before the wait begins, the first wait, and the longest.
pub const FACTOR_FREE_FAILURES: u32 = 5;
pub const FACTOR_WAIT_S: i64 = 30;
pub const FACTOR_WAIT_S_MAX: i64 = 3_600;
/// How long the second step of a sign-in may take.
pub const CHALLENGE_S: i64 = 600;
/// What is read of a typed code.
pub const CODE_BYTES_MAX: usize = 64;
/// Identity providers of one tenant, values of one of its mappings, scopes that are asked for, identities of a person.
pub const IDENTITY_PROVIDERS_MAX: usize = 20;
pub const PROVIDER_MAPPINGS_MAX: usize = 500;
pub const PROVIDER_SCOPES_MAX: usize = 20;
pub const IDENTITIES_PER_USER_MAX: usize = 50;
/// One claim that we keep, and the groups that one sign-in may name.
pub const CLAIM_CHARS_MAX: usize = 256;
pub const CLAIM_GROUPS_MAX: usize = 2_000;
/// A browser may stay this long at a provider.
pub const SIGN_IN_FLOW_S: i64 = 600;
/// How far a provider's clock may be from ours, and how old its ID token may be.
pub const ID_TOKEN_SKEW_S: i64 = 60;
pub const ID_TOKEN_AGE_MAX_S: i64 = 600;
/// A provider's documents and keys: how long they are fresh, how long a failure is remembered…
pub const PROVIDER_FRESH_S: i64 = 3_600;
pub const PROVIDER_FAILED_S: i64 = 10;
/// …how often an unknown key may make us ask for its keys again…
pub const PROVIDER_KEYS_AGAIN_S: i64 = 10;
/// …how many are kept, and how large an answer of a provider may be.
pub const PROVIDERS_KEPT_MAX: u64 = 10_000;
pub const PROVIDER_ANSWER_BYTES_MAX: usize = 256 * 1024;
/// A form for keys of people's own: its fields, a field's name, what is typed, a header made of it.
pub const KEY_FIELDS_MAX: usize = 8;
pub const KEY_FIELD_NAME_CHARS_MAX: usize = 32;
pub const KEY_VALUE_CHARS_MAX: usize = 4_096;
pub const KEY_TEMPLATE_CHARS_MAX: usize = 1_024;
/// Members of a virtual server, chosen things of one kind of one member, and a name of such a thing.
pub const MEMBERS_MAX: usize = 50;
pub const MEMBER_ITEMS_MAX: usize = 1_000;
pub const ITEM_NAME_BYTES_MAX: usize = 1_024;
/// Limits: rules of a tenant, windows of a rule, names of each kind in its match, and the highest rate.
pub const LIMIT_RULES_MAX: u64 = 200;
pub const LIMIT_WINDOWS_MAX: usize = 4;
pub const LIMIT_NAMED_MAX: usize = 100;
pub const LIMIT_PER_SECOND_MAX: u64 = 10_000;
/// Certificates that one server trusts of its own.
pub const CA_CERTIFICATES_MAX: usize = 8;
pub const CA_BYTES_MAX: usize = 64 * 1024;
/// A token that Portway mints for one upstream.
pub const MINTED_TOKEN_S: i64 = 300;
/// How long a refusal of a provider is remembered before it is asked again for a machine's token.
pub const MACHINE_REFUSAL_S: u64 = 10;
pub const MACHINE_TOKENS_MAX: u64 = 50_000;
/// How long a call waits for all that a first one takes: metadata of server and provider, an assertion, the token. Nodes
/// wait a little longer.
pub const MACHINE_TOKEN_WAIT_S: u64 = 12;
/// Portway as a client of providers: what is read of an answer, scopes, a scope, extra parameters, a client's name.
pub const UPSTREAM_ANSWER_BYTES_MAX: usize = 256 * 1024;
pub const UPSTREAM_SCOPES_MAX: usize = 50;
pub const UPSTREAM_SCOPE_CHARS_MAX: usize = 256;
pub const UPSTREAM_PARAMETERS_MAX: usize = 10;
pub const CLIENT_ID_BYTES_MAX: usize = 2_048;
/// A browser may stay this long at a provider of a server.
pub const ACCOUNT_FLOW_S: i64 = 600;
/// How long a signature of ours stands for a client.
pub const CLIENT_ASSERTION_S: i64 = 60;
/// How long before its end a token is renewed, how long one replica has the renewal for itself, the pause after a
/// provider was away, how often others look, and how long a call waits for it.
pub const REFRESH_AHEAD_S: i64 = 60;
pub const REFRESH_CLAIM_S: i64 = 20;
pub const REFRESH_PAUSE_S: i64 = 5;
pub const REFRESH_POLL_MS: u64 = 100;
pub const REFRESH_WAIT_MS: u64 = 4_000;
/// A node asks for one credential: ids, and a bearer of at most 16 KiB.
pub const BROKER_MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// How long a node may use a person's credential before it asks again, changes apart.
pub const LEASE_S: i64 = 900;
/// Credentials of somebody who was switched off are kept this long: one mistake of an identity provider must not cost
/// everybody their connections.
pub const LEAVER_CREDENTIALS_S: i64 = 30 * 86_400;
/// An identity assertion: its size, and how long it may live.
pub const ASSERTION_BYTES_MAX: usize = 16 * 1024;
pub const ASSERTION_S_MAX: i64 = 3_600;
/// An ID token that is kept for signing out; a larger one is not.
pub const ID_TOKEN_KEPT_BYTES_MAX: usize = 16 * 1024;
/// How long the page that ends the session at the provider can be opened after signing out.
pub const SIGNED_OUT_S: i64 = 60;
