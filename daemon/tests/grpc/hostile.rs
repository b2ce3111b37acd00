//! Clients that break every rule, while another profile is served by the built daemon.

use std::{fs, path::PathBuf, time::Duration};

use pwasync_proto::v1::{self as wire, background_sync_client::BackgroundSyncClient};
use tokio::process::Child;
use tonic::{Code, transport::Channel};
use wire::attach_request::Message as Up;

use crate::{
    bed::{key, profile, soon},
    outer::Place,
    raw::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, End, FRAME_SIZE_ERROR,
        HEADERS, NO_ERROR, PING, PROTOCOL_ERROR, RST_STREAM, Raw, SETTINGS, block, call,
        call_headers, frame, message, open,
    },
    session::{finished, hello},
};

const REGISTER: &str = "/pwasync.v1.BackgroundSync/Register";
const ATTACH: &str = "/pwasync.v1.BackgroundSync/Attach";
const LIST: &str = "/pwasync.v1.Admin/ListRegistrations";
/// By so much the daemon may grow, whatever a client does: twice what one owner's calls may hold
/// unread.
const GROWTH: u64 = 96 << 20;

/// A daemon, and another profile's client that wants to be served all the time.
struct Siege {
    place: Place,
    daemon: Child,
    victim: BackgroundSyncClient<Channel>,
    before: u64,
}

impl Siege {
    async fn begin() -> Self {
        let place = Place::new();
        let daemon = place.start(&[]).await;
        let mut victim = BackgroundSyncClient::new(place.connect().await);
        served(&mut victim).await;
        let before = resident(&daemon);
        Self { place, daemon, victim, before }
    }

    fn socket(&self) -> PathBuf {
        self.place.socket()
    }

    /// The victim is served, and the daemon has not grown without bound.
    async fn holds(&mut self) {
        served(&mut self.victim).await;
        let after = resident(&self.daemon);
        assert!(after < self.before + GROWTH, "{} bytes were {}", after, self.before);
    }
}

async fn served(victim: &mut BackgroundSyncClient<Channel>) {
    let other = wire::ProfileId { profile: "Victim".into(), ..profile() };
    let scope = "https://victim.example/".to_owned();
    let key = wire::RegistrationKey { profile: Some(other), scope, ..key("mail") };
    let request = wire::RegisterRequest { key: Some(key), ..Default::default() };
    soon(victim.register(request)).await.unwrap();
}

/// Bytes of memory that a process holds.
fn resident(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

fn register(tag: &str) -> wire::RegisterRequest {
    wire::RegisterRequest { key: Some(key(tag)), ..Default::default() }
}

/// Streams that a client opens, in order.
fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

#[tokio::test]
async fn what_is_no_http_2_is_closed() {
    let mut siege = Siege::begin().await;
    let mut raw = Raw::silent(&siege.socket()).await;
    raw.says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    raw.closed().await;
    // Nothing, and half of how HTTP/2 begins: closed when it is late.
    let mut silent = Raw::silent(&siege.socket()).await;
    let mut half = Raw::silent(&siege.socket()).await;
    half.says(b"PRI * HTTP/2.0\r\n\r\n").await;
    silent.closed().await;
    half.closed().await;
    siege.holds().await;
}

#[tokio::test]
async fn frames_against_the_rules_end_their_connection_alone() {
    let mut siege = Siege::begin().await;
    let endless = call_headers(REGISTER);
    let cases: [(&str, Vec<u8>); 6] = [
        ("a frame that is too long", frame(DATA, 0, 1, &[0; 20_000])),
        ("data of no stream", frame(DATA, 0, 1, &[0; 10])),
        ("settings of a wrong length", frame(SETTINGS, 0, 0, &[0; 5])),
        ("a ping of a wrong length", frame(PING, 0, 0, &[0; 5])),
        ("a stream of ours", frame(HEADERS, END_HEADERS, 2, &endless)),
        (
            "something else amid headers",
            [frame(HEADERS, 0, 1, &endless), frame(PING, 0, 0, &[0; 8])].concat(),
        ),
    ];
    for (name, bytes) in cases {
        let mut raw = Raw::begin(&siege.socket(), &[]).await;
        raw.says(&bytes).await;
        let end = raw.end().await;
        let told = matches!(end, End::Told(PROTOCOL_ERROR | FRAME_SIZE_ERROR));
        assert!(told, "{name}: {end:?}");
    }
    siege.holds().await;
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let mut siege = Siege::begin().await;
    let mut raw = Raw::begin(&siege.socket(), &[]).await;
    raw.says(&frame(HEADERS, 0, 1, &call_headers(REGISTER))).await;
    let more = block(&[("x-more", &"x".repeat(1_000))]);
    raw.floods(&frame(CONTINUATION, 0, 1, &more), 100_000).await;
    // It may have gone before all of it was said.
    assert!(matches!(raw.end().await, End::Told(ENHANCE_YOUR_CALM) | End::Closed));
    siege.holds().await;
}

#[tokio::test]
async fn streams_that_are_reset_again_and_again_end_their_connection() {
    let mut siege = Siege::begin().await;
    let flood: Vec<u8> = streams()
        .take(1_000)
        .flat_map(|stream| {
            [open(stream, REGISTER), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
        })
        .collect();
    for _ in 0..100 {
        let mut raw = Raw::begin(&siege.socket(), &[]).await;
        raw.floods(&flood, 1).await;
        assert!(matches!(raw.end().await, End::Told(_) | End::Closed));
    }
    siege.holds().await;
    // Nor does the log grow with them.
    siege.daemon.start_kill().unwrap();
    let output = soon(siege.daemon.wait_with_output()).await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.lines().count() < 20, "{log}");
}

#[tokio::test]
async fn pings_and_settings_without_number_grow_nothing() {
    let mut siege = Siege::begin().await;
    for one in [frame(PING, 0, 0, &[7; 8]), frame(SETTINGS, 0, 0, &[])] {
        let mut raw = Raw::begin(&siege.socket(), &[]).await;
        // The answers are not read: at some point nobody reads this either.
        raw.floods(&one.repeat(1_000), 500).await;
        siege.holds().await;
    }
}

#[tokio::test]
async fn a_connection_that_goes_on_being_refused_is_told_to_go() {
    let mut siege = Siege::begin().await;
    let mut raw = Raw::begin(&siege.socket(), &[]).await;
    let mut answered = 0;
    let end = 'flood: {
        for stream in streams().take(2_000) {
            // One after the other, so that the limit of streams is not what stops it.
            if !raw.says(&call(stream, REGISTER, &register("mail"))).await {
                break 'flood raw.end().await;
            }
            loop {
                let Some(frame) = raw.next().await else { break 'flood End::Closed };
                if frame.kind == crate::raw::GOAWAY {
                    let code = frame.payload[4..8].try_into().unwrap();
                    break 'flood End::Told(u32::from_be_bytes(code));
                }
                if frame.kind == HEADERS && frame.stream == stream {
                    answered += 1;
                    break;
                }
            }
        }
        panic!("{answered} calls were answered");
    };
    assert_eq!(end, End::Told(NO_ERROR), "after {answered} answers");
    // 250 for the share of the origin, and as many refusals as are borne.
    assert!((500..600).contains(&answered), "{answered}");
    siege.holds().await;
}

#[tokio::test]
async fn answers_that_are_not_read_are_bounded() {
    let mut siege = Siege::begin().await;
    let mut filler = BackgroundSyncClient::new(siege.place.connect().await);
    for number in 0..200 {
        soon(filler.register(register(&format!("{number:010240}")))).await.unwrap();
    }
    // Not a byte of any answer may be sent.
    let mut frozen = Vec::new();
    for _ in 0..8 {
        let mut raw = Raw::begin(&siege.socket(), &[(4, 0)]).await;
        let calls: Vec<u8> = streams()
            .take(200)
            .flat_map(|stream| call(stream, LIST, &wire::ListRegistrationsRequest::default()))
            .collect();
        raw.says(&calls).await;
        frozen.push(raw);
    }
    let after = resident(&siege.daemon);
    assert!(after < siege.before + GROWTH, "{after} bytes were {}", siege.before);
    // All of their owner's places were taken: they are free again when the frozen ones go.
    drop(frozen);
    siege.holds().await;
}

#[tokio::test]
async fn outcomes_of_no_attempt_by_the_million_cut_off_who_does_not_listen() {
    let mut siege = Siege::begin().await;
    let mut raw = Raw::begin(&siege.socket(), &[]).await;
    let say = |up: Up| message(1, 0, &wire::AttachRequest { message: Some(up) });
    raw.says(&open(1, ATTACH)).await;
    raw.says(&say(Up::Hello(hello()))).await;
    raw.says(&say(Up::Ready(wire::Ready {}))).await;
    let flood = say(Up::Finished(finished("1-1", wire::Outcome::Completed)));
    // More than a connection's window: what is not taken from it is not said.
    raw.floods(&flood.repeat(1_000), 1_000).await;
    siege.holds().await;
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_the_callers_mistake() {
    let mut siege = Siege::begin().await;
    let mut channel = siege.place.connect().await;
    let deep = std::iter::repeat_n([0x9b, 0x06], 200).flatten().collect::<Vec<u8>>();
    let framed =
        |flag: u8, length: u32, bytes: &[u8]| [&[flag][..], &length.to_be_bytes(), bytes].concat();
    let whole = |bytes: &[u8]| framed(0, u32::try_from(bytes.len()).unwrap(), bytes);
    let cases = [
        ("random", whole(&[0xff; 64])),
        ("nested without end", whole(&deep)),
        ("no UTF-8", whole(&[0x0a, 4, 0x22, 2, 0xff, 0xfe])),
        ("compressed", framed(1, 4, &[0; 4])),
        ("four gigabytes", framed(0, u32::MAX, &[])),
        ("a length without a body", framed(0, 3 << 20, &[])),
        ("half a length", vec![0, 0, 0]),
        ("nothing", vec![]),
    ];
    for (name, bytes) in cases {
        let request = tonic::codegen::http::Request::post(REGISTER)
            .header("content-type", "application/grpc")
            .body(tonic::body::Body::new(http_body_util::Full::new(bytes.into())))
            .unwrap();
        let response = soon(async {
            std::future::poll_fn(|context| {
                tower::Service::<tonic::codegen::http::Request<tonic::body::Body>>::poll_ready(
                    &mut channel,
                    context,
                )
            })
            .await
            .unwrap();
            tower::Service::call(&mut channel, request).await.unwrap()
        })
        .await;
        let status = tonic::Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), Code::InvalidArgument, "{name}: {status:?}");
    }
    siege.holds().await;
}

#[tokio::test]
async fn calls_that_never_bring_their_message_keep_nobody_else_from_calling() {
    let mut siege = Siege::begin().await;
    let mut raw = Raw::begin(&siege.socket(), &[]).await;
    let calls: Vec<u8> = streams().take(200).flat_map(|stream| open(stream, REGISTER)).collect();
    raw.says(&calls).await;
    // A connection has half of its owner's places at most.
    siege.holds().await;
    raw.says(&frame(DATA, END_STREAM, 1, &[])).await;
    let answered = async {
        while let Some(frame) = raw.next().await {
            if frame.kind == HEADERS && frame.stream == 1 {
                return true;
            }
        }
        false
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), answered).await.unwrap());
}
