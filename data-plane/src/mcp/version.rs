//! Protocol revisions this node speaks.

/// Revisions with an `initialize` handshake, newest first.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// Revisions with per-request metadata, newest first.
pub const MODERN: [&str; 1] = ["2026-07-28"];

/// The oldest modern revision; revisions are dates and compare as text.
const FIRST_MODERN: &str = "2026-07-28";

/// Served as [`SERVED_FOR_2024_11_05`]: the messages we relay are the same, only the transport differs.
pub const VERSION_2024_11_05: &str = "2024-11-05";
pub const SERVED_FOR_2024_11_05: &str = "2025-03-26";

/// The oldest revision whose clients expect an upstream to end a stream and let it be resumed (SEP-1699).
pub const FIRST_WITH_POLLING: &str = "2025-11-25";

/// The oldest revision with elicitation by URL (SEP-1036).
pub const FIRST_WITH_LINKS: &str = "2025-11-25";

/// A legacy revision as the static string we keep of it.
pub fn legacy(version: &str) -> Option<&'static str> {
    LEGACY.into_iter().find(|known| *known == version)
}

/// What to ask an upstream for when a client asks for `requested` (L5).
pub fn negotiate(requested: &str) -> &'static str {
    match requested {
        VERSION_2024_11_05 => SERVED_FOR_2024_11_05,
        other => legacy(other).unwrap_or(LEGACY[0]),
    }
}

/// Whether the text is a date that is no older than the first modern revision.
pub fn is_modern(version: &str) -> bool {
    let is_date = version.len() == FIRST_MODERN.len()
        && version.bytes().zip(FIRST_MODERN.bytes()).all(|(byte, shape)| match shape {
            b'-' => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date && version >= FIRST_MODERN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        fn check(version: &str, modern: bool, negotiated: &str) {
            assert_eq!((is_modern(version), negotiate(version)), (modern, negotiated), "{version}");
        }
        check("2024-11-05", false, "2025-03-26");
        check("2025-03-26", false, "2025-03-26");
        check("2025-06-18", false, "2025-06-18");
        check("2025-11-25", false, "2025-11-25");
        check("2026-07-28", true, "2025-11-25");
        check("2099-01-01", true, "2025-11-25");
        check("zzzz-zz-zz", false, "2025-11-25");
        check("", false, "2025-11-25");
    }
}
