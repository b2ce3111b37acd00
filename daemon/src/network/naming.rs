//! Names of networks: opaque, the same each time the host is on one, and of no use elsewhere.

use std::{fs, io};

use pwasync_core::facts::NetworkId;
use siphasher::sip::SipHasher24;

/// Where the machine's id is (machine-id(5)).
const MACHINE_ID: &str = "/etc/machine-id";
/// The id itself must not be shown to anybody (machine-id(5)): keys are drawn from it by these.
const KEYS: [&[u8; 16]; 2] = [b"pwasync.network\x01", b"pwasync.network\x02"];

/// Gives networks their names. Each machine has its own key, so that a name in a bug report tells
/// nobody which access point or router it stands for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming {
    key: [u8; 16],
}

impl Naming {
    /// That of this machine.
    ///
    /// # Errors
    /// When the machine has no id.
    pub fn of_machine() -> io::Result<Self> {
        let id = fs::read_to_string(MACHINE_ID)?;
        let id = id.trim();
        // While an image is being made the file says `uninitialized`.
        if id.len() != 32 || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, MACHINE_ID));
        }
        Ok(Self::of_id(id))
    }

    fn of_id(id: &str) -> Self {
        let [low, high] = KEYS.map(|key| SipHasher24::new_with_key(key).hash(id.as_bytes()));
        Self { key: (u128::from(high) << 64 | u128::from(low)).to_le_bytes() }
    }

    /// Of the network that a manager has this connection for.
    pub(super) fn of_connection(&self, id: &str) -> NetworkId {
        self.name(b"connection ", id.as_bytes())
    }

    /// Of the network behind a gateway with this hardware address.
    pub(super) fn of_gateway(&self, hardware: &[u8]) -> NetworkId {
        self.name(b"gateway ", hardware)
    }

    fn name(&self, kind: &[u8], what: &[u8]) -> NetworkId {
        let hasher = SipHasher24::new_with_key(&self.key);
        NetworkId::new(hasher.hash(&[kind, what].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_keeps_its_names_and_shares_them_with_none() {
        let one = Naming::of_id("0123456789abcdef0123456789abcdef");
        let other = Naming::of_id("0123456789abcdef0123456789abcdee");
        let router = [2, 0, 0, 0, 0, 1];
        // Written out: another version must know the networks again.
        assert_eq!(one.of_gateway(&router), NetworkId::new(12_070_281_118_143_603_354));
        assert_ne!(one.of_gateway(&router), other.of_gateway(&router));
        assert_ne!(one.of_gateway(&router), one.of_gateway(&[2, 0, 0, 0, 0, 2]));
        assert_ne!(one.of_gateway(b"home"), one.of_connection("home"));
    }
}
