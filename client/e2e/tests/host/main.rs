//! The daemon on a real host: NetworkManager, D-Bus and links that are the real ones, in a bed.

mod bed;
