//! Reads the form of sled's files: the checked parts of its log and of its table of pages.
//!
//! It reads bytes and allocates no more than a segment. What the parts mean for the store is
//! [decided elsewhere](super::check).
//!
//! The log is a file of segments of one size, in any order: each begins with its log sequence
//! number (LSN), and messages follow, each with a checksum and the number of its segment.

/// The bytes of a segment; sled keeps it in its `conf`, and refuses to open with another.
pub(super) const SEGMENT: i64 = 512 << 10;
/// The same, of a buffer.
pub(super) const SEGMENT_BYTES: usize = 512 << 10;
/// LSN and checksum at the beginning of a segment.
pub(super) const SEGMENT_HEADER: usize = 20;
/// No message begins in the last bytes of a segment, where its header might not fit.
const RED_ZONE: usize = 32;
/// The message that fills a segment up.
const PADDING: u8 = 2;
const KINDS: std::ops::RangeInclusive<u8> = 1..=11;

/// The beginning of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// With its LSN.
    Good(i64),
    /// It is no header, or a damaged one.
    Bad,
}

/// How far the messages of a segment can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Messages {
    /// To its end.
    All,
    /// To this byte of it.
    Until(usize),
}

/// Reads the beginning of a segment.
pub(super) fn header(segment: &[u8]) -> Header {
    let Some(header) = segment.first_chunk::<SEGMENT_HEADER>() else { return Header::Bad };
    let (stored, content) = header.split_at(4);
    let checksum = !crc32fast::hash(content);
    let Some(lsn) = content.first_chunk() else { return Header::Bad };
    let lsn = i64::from_le_bytes(*lsn) ^ i64::MAX;
    if stored != checksum.to_le_bytes() || lsn < 0 || lsn % SEGMENT != 0 {
        return Header::Bad;
    }
    Header::Good(lsn)
}

/// Reads the messages of the segment with this LSN.
pub(super) fn messages(segment: &[u8], lsn: i64) -> Messages {
    let number = lsn / SEGMENT;
    let mut at = SEGMENT_HEADER;
    while at <= SEGMENT_BYTES - RED_ZONE {
        match message(segment.get(at..).unwrap_or_default()) {
            Some(found) if found.segment == number => {
                if found.kind == PADDING {
                    return Messages::All;
                }
                at += found.bytes;
            }
            Some(_) | None => return Messages::Until(at),
        }
    }
    Messages::All
}

/// Whether anywhere in these bytes there is a message of a wanted segment.
pub(super) fn has_message(bytes: &[u8], wanted: impl Fn(i64) -> bool) -> bool {
    if bytes.iter().all(|byte| *byte == 0) {
        return false;
    }
    let kinds = bytes.iter().enumerate().skip(4).filter(|(_, kind)| KINDS.contains(*kind));
    let mut starts = kinds.map(|(at, _)| &bytes[at - 4..]);
    // The number is looked at before a checksum is worked out.
    starts.any(|start| {
        head(start).is_some_and(|head| wanted(head.segment)) && message(start).is_some()
    })
}

/// The LSN up to which a table of pages goes; `None`: it is damaged.
pub(super) fn table(bytes: &[u8]) -> Option<i64> {
    let (rest, checksum) = bytes.split_last_chunk::<4>()?;
    let (content, _length) = rest.split_last_chunk::<8>()?;
    if crc32fast::hash(content).to_le_bytes() != *checksum {
        return None;
    }
    // One more than the LSN; 0 stands for none.
    let shifted = i64::from_le_bytes(*content.first_chunk()?);
    (shifted > 0).then(|| shifted - 1)
}

struct Message {
    kind: u8,
    segment: i64,
    /// Header and content.
    bytes: usize,
}

fn message(bytes: &[u8]) -> Option<Message> {
    let head = head(bytes)?;
    let end = head.bytes.checked_add(head.content)?;
    let content = bytes.get(head.bytes..end)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(content);
    hasher.update(&bytes[4..head.bytes]);
    if !bytes.starts_with(&(!hasher.finalize()).to_le_bytes()) {
        return None;
    }
    Some(Message { kind: head.kind, segment: head.segment, bytes: end })
}

struct Head {
    kind: u8,
    segment: i64,
    /// Of the header.
    bytes: usize,
    /// Of the content.
    content: usize,
}

fn head(bytes: &[u8]) -> Option<Head> {
    let (&kind, mut rest) = bytes.get(4..)?.split_first()?;
    if !KINDS.contains(&kind) {
        return None;
    }
    let content = usize::try_from(number(&mut rest)?).ok()?;
    let segment = i64::try_from(number(&mut rest)?).ok()?;
    // The page that it is about.
    number(&mut rest)?;
    if content > SEGMENT_BYTES {
        return None;
    }
    Some(Head { kind, segment, bytes: bytes.len() - rest.len(), content })
}

/// sled's form of numbers: small ones take a byte.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    let (value, taken) = match first {
        0..=240 => (u64::from(first), 0),
        241..=248 => (240 + 256 * (u64::from(first) - 241) + u64::from(*rest.first()?), 1),
        249 => (2_288 + 256 * u64::from(*rest.first()?) + u64::from(*rest.get(1)?), 2),
        250..=255 => {
            let taken = usize::from(first) - 247;
            let mut value = [0; 8];
            value[..taken].copy_from_slice(rest.get(..taken)?);
            (u64::from_le_bytes(value), taken)
        }
    };
    *bytes = rest.get(taken..)?;
    Some(value)
}
