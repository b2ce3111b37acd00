//! What a registration asks of the host beyond policy.

use pwasync_core::{
    FieldError,
    constraints::{Constraints, Transport, Transports},
};
use pwasync_proto::v1 as wire;

use super::limits::{at_most_so_many, none_of};

/// Kinds of links that can be asked for.
const TRANSPORTS: usize = 3;

/// Absent: nothing beyond policy.
///
/// # Errors
/// When a kind of link cannot be asked for, or is named twice.
pub(crate) fn constraints_from_proto(
    constraints: Option<&wire::Constraints>,
) -> Result<Constraints, FieldError> {
    let Some(constraints) = constraints else { return Ok(Constraints::default()) };
    at_most_so_many("constraints.transports", constraints.transports.len(), TRANSPORTS)?;
    let mut transports = Transports::default();
    for number in &constraints.transports {
        let transport = match wire::Transport::try_from(*number) {
            Ok(wire::Transport::Wifi) => Transport::Wifi,
            Ok(wire::Transport::Ethernet) => Transport::Ethernet,
            Ok(wire::Transport::Cellular) => Transport::Cellular,
            Ok(wire::Transport::Unspecified | wire::Transport::Other) | Err(_) => {
                let names = "WIFI (1), ETHERNET (2) or CELLULAR (3)";
                return Err(none_of("constraints.transports", number, names));
            }
        };
        if transports.contains(transport) {
            let rule = "is named twice";
            return Err(FieldError::plain("constraints.transports", number, rule));
        }
        transports = transports.with(transport);
    }
    Ok(Constraints {
        unmetered: constraints.unmetered,
        transports,
        charging: constraints.charging,
        battery_not_low: constraints.battery_not_low,
        known_network: constraints.known_network,
    })
}

/// Constraints for the wire; absent where there are none.
pub(crate) fn constraints_to_proto(constraints: Constraints) -> Option<wire::Constraints> {
    (constraints != Constraints::default()).then(|| wire::Constraints {
        unmetered: constraints.unmetered,
        transports: constraints.transports.iter().map(transport_to_proto).map(i32::from).collect(),
        charging: constraints.charging,
        battery_not_low: constraints.battery_not_low,
        known_network: constraints.known_network,
    })
}

/// The kind of a link for the wire.
pub(crate) fn transport_to_proto(transport: Transport) -> wire::Transport {
    match transport {
        Transport::Wifi => wire::Transport::Wifi,
        Transport::Ethernet => wire::Transport::Ethernet,
        Transport::Cellular => wire::Transport::Cellular,
        Transport::Other => wire::Transport::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_read_back() {
        assert_eq!(constraints_from_proto(None), Ok(Constraints::default()));
        assert_eq!(constraints_to_proto(Constraints::default()), None);
        let asked = wire::Constraints {
            unmetered: true,
            transports: vec![1, 3],
            charging: true,
            battery_not_low: true,
            known_network: true,
        };
        let read = constraints_from_proto(Some(&asked)).unwrap();
        assert_eq!(constraints_to_proto(read), Some(asked));
    }

    #[test]
    fn kinds_of_links_are_named_once_each() {
        let refused = |transports: &[i32]| {
            let transports = transports.to_vec();
            let asked = wire::Constraints { transports, ..Default::default() };
            constraints_from_proto(Some(&asked)).unwrap_err().to_string()
        };
        let field = "field `constraints.transports`: value";
        for number in [0, 4, 77] {
            let wanted =
                format!("{field} `{number}` must be WIFI (1), ETHERNET (2) or CELLULAR (3)");
            assert_eq!(refused(&[1, number]), wanted);
        }
        assert_eq!(refused(&[2, 2]), format!("{field} `2` is named twice"));
        assert_eq!(refused(&[1, 2, 3, 1]), format!("{field} `4` is more than 3 entries"));
    }
}
