//! Values of secrets, from the environment of this command and from nowhere else: not from files that are kept in
//! repositories, not from the command line.

use secrecy::SecretString;

/// The variable's value; `None` if it is not set, or empty.
#[expect(clippy::disallowed_methods, reason = "the file names the variable; there is no configuration to read it from")]
pub(super) fn from_env(name: &str) -> Option<SecretString> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Into::into)
}
