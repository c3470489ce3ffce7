//! Slugs that names suggest.

use proto::names::SLUG_LEN_MAX;

/// Lower-case letters and digits in groups separated by single hyphens, beginning with a letter; empty if nothing fits.
pub fn slug_of(name: &str) -> String {
    let plain = name.to_lowercase();
    let mut slug = String::new();
    for group in plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|group| !group.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(group);
    }
    let slug = slug.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
    // All of it is ASCII.
    slug.get(..slug.len().min(SLUG_LEN_MAX)).unwrap_or_default().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        let check = |name: &str, slug: &str| assert_eq!(slug_of(name), slug, "{name}");
        check("Acme", "acme");
        check("  Acme & Co. KG ", "acme-co-kg");
        check("3M Health", "m-health");
        check("日本", "");
        check(&"x".repeat(60), &"x".repeat(SLUG_LEN_MAX));
        check(&format!("{} y", "x".repeat(SLUG_LEN_MAX - 1)), &"x".repeat(SLUG_LEN_MAX - 1));
    }
}
