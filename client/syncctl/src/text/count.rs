//! How many of something.

/// `1 wake`, `2 wakes`: the noun gets an s but for one.
pub(crate) fn counted(count: impl Into<u64>, noun: &str) -> String {
    let count = count.into();
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(0_u32, "wake"), "0 wakes");
        assert_eq!(counted(1_u32, "wake"), "1 wake");
        assert_eq!(counted(2_u64, "wake"), "2 wakes");
    }
}
