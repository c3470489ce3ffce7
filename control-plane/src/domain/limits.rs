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
pub const URL_BYTES_MAX: usize = 2_048;
/// Request bodies of the REST API and of the authorization server.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// A browser session ends this long after it was last used…
pub const SESSION_IDLE_S: i64 = 12 * 3_600;
/// …and this long after sign-in in any case.
pub const SESSION_ABSOLUTE_S: i64 = 24 * 3_600;
/// How often the use of a session is written down.
pub const SESSION_TOUCH_S: i64 = 60;
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
