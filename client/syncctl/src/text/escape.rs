//! Tags, scopes and names come from web pages: what a terminal would obey is written out.

/// Text that a terminal shows and does not obey. A backslash is doubled, so that what was escaped
/// can be told from what was sent.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            other if is_unsafe(other) => {
                escaped.push_str(&format!("\\u{{{:x}}}", u32::from(other)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Control characters, and those that reorder, hide or break a line.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The same, cut to so many characters.
pub(crate) fn shorten(text: &str, characters: usize) -> String {
    // Escaping makes nothing shorter, so more than this is not needed; tags may be long.
    let beginning: String = text.chars().take(characters + 1).collect();
    let escaped = escape(&beginning);
    if escaped.chars().count() <= characters {
        return escaped;
    }
    let mut short: String = escaped.chars().take(characters.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "a\u{1b}[2J\u{7}\u{9b}31m\u{7f}\r\n\tb\u{202e}c\u{200b}\u{2028}\u{e0041}";
        let escaped = escape(hostile);
        let expected = r"a\u{1b}[2J\u{7}\u{9b}31m\u{7f}\r\n\tb\u{202e}c\u{200b}\u{2028}\u{e0041}";
        assert_eq!(escaped, expected);
        assert!(!escaped.chars().any(is_unsafe));
    }

    #[test]
    fn other_scripts_and_signs_stay() {
        assert_eq!(escape("größe-同期-🙂"), "größe-同期-🙂");
        assert_eq!(escape(r"\u{1b}"), r"\\u{1b}");
    }

    #[test]
    fn long_text_is_cut_after_it_was_escaped() {
        assert_eq!(shorten("outbox", 6), "outbox");
        assert_eq!(shorten("outboxes", 6), "outbo…");
        assert_eq!(shorten("\u{1b}\u{1b}", 6), "\\u{1b…");
        assert_eq!(shorten(&"x".repeat(10_240), 20).chars().count(), 20);
    }
}
