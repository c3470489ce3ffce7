//! Tags of servers: short words by which people find them. They decide nothing.

use super::fields::{Mistake, Mistakes};
use super::limits::{TAG_CHARS_MAX, TAGS_MAX};

/// One tag.
pub fn tag(text: &str) -> Result<String, Mistake> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if text.is_empty() || text.len() > TAG_CHARS_MAX || !is_plain {
        let message = format!("must have 1 to {TAG_CHARS_MAX} lower-case letters, digits and hyphens");
        return Err(("tag.shape", message));
    }
    Ok(text.to_owned())
}

/// All of a server's, in their order. Each that is wrong is noted as `tags[…]`.
pub fn check(tags: &[String], mistakes: &mut Mistakes) {
    if tags.len() > TAGS_MAX {
        mistakes.add("tags", ("tags.too_many", format!("must have at most {TAGS_MAX} entries")));
    }
    for (index, text) in tags.iter().enumerate() {
        let field = format!("tags[{index}]");
        if mistakes.take(&field, tag(text)).is_some() && tags.iter().take(index).any(|earlier| earlier == text) {
            mistakes.add(&field, ("tags.twice", "is there already".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::*;

    #[test]
    fn tags_are_short_plain_few_and_each_once() {
        let check = |tags: &[&str], expected: &[(&str, &str)]| {
            let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
            let mut mistakes = Mistakes::default();
            super::check(&tags, &mut mistakes);
            let found = match mistakes.finish(Some(())) {
                Err(Error::InvalidFields(errors)) => errors,
                _ => Vec::new(),
            };
            let found: Vec<_> = found.iter().map(|error| (error.field.as_str(), error.code)).collect();
            assert_eq!(found, expected, "{tags:?}");
        };
        let (longest, longer) = ("x".repeat(TAG_CHARS_MAX), "x".repeat(TAG_CHARS_MAX + 1));
        check(&[], &[]);
        check(&["prod", "team-a", "1", "-", &longest], &[]);
        check(&["Prod", "", "a b", "ä", &longer], &[0, 1, 2, 3, 4].map(|at| (FIELDS[at], "tag.shape")));
        check(&["a", "b", "a", "a"], &[("tags[2]", "tags.twice"), ("tags[3]", "tags.twice")]);
        let many: Vec<String> = (0..=TAGS_MAX).map(|number| number.to_string()).collect();
        check(&many.iter().map(String::as_str).collect::<Vec<_>>(), &[("tags", "tags.too_many")]);
    }

    const FIELDS: [&str; 5] = ["tags[0]", "tags[1]", "tags[2]", "tags[3]", "tags[4]"];
}
