//! The cable and the web app by themselves: a real link, a real server, Chromium's own scheduler.

use std::{io, time::Duration};

use pwasync_e2e::{
    Binaries, BrowserSetup, Cable, CableEnd, CarrierState, Command, Ending, FAR_ADDRESS,
    NEAR_ADDRESS, Process, Sandbox, Scheduler, Server, ServerEvent, User, Workdir, can_run,
    missing_program, missing_root, on_path, sandbox_works,
};

const LIMIT: Duration = Duration::from_secs(30);
const DATAGRAM_LIMIT: Duration = Duration::from_millis(500);
const HOST: &str = "outbox.test";
const SENT: &str = "document.querySelector('[data-state=sent]')";
const READY: &str = "document.body.dataset.ready";

#[tokio::test]
async fn a_cable_that_is_pulled_out_takes_the_carrier_with_it() {
    if !can_run(missing_root()) {
        return;
    }
    let cable = Cable::create().unwrap();
    let mut watch = cable.watch_carrier().unwrap();
    for end in [CableEnd::Far, CableEnd::Near] {
        assert!(reaches(&cable).await, "before the {end:?} end is taken down");
        let asked = cable.down(end).unwrap();
        let gone = watch.carrier(CarrierState::Absent, LIMIT).await.unwrap();
        assert!(gone >= asked);
        assert!(!reaches(&cable).await, "while the {end:?} end is down");
        let asked = cable.up(end).unwrap();
        let back = watch.carrier(CarrierState::Present, LIMIT).await.unwrap();
        assert!(back >= asked);
    }
    assert!(reaches(&cable).await);
}

#[tokio::test]
async fn the_app_sends_in_plain_chromium_and_opens_offline() {
    if !can_run(missing_root().or_else(|| missing_program("chromium"))) {
        return;
    }
    let program = on_path("chromium").unwrap();
    let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
    let user = User::unused(0).unwrap();
    let cable = Cable::create().unwrap();
    let address = format!("{FAR_ADDRESS}:443");
    let mut server = Server::start(&binaries, Some(cable.far()), &address, HOST).await.unwrap();
    let setup = BrowserSetup::new(&binaries, &workdir, user, Scheduler::Chromium).unwrap();
    let mut setup = setup.trusting(HOST, FAR_ADDRESS, &server.key_hash);
    if !sandbox_works(&program, user).await.unwrap() {
        setup.sandbox = Sandbox::Off;
    }
    setup.url = Some(format!("https://{HOST}/"));
    let mut browser = setup.start(cable.near()).unwrap();
    let mut chromium = browser.chromium(cable.near()).await.unwrap();
    let page = chromium.page("https://", LIMIT).await.unwrap();
    chromium.wait_until(&page, READY, LIMIT).await.unwrap();

    chromium.click(&page, "#text").await.unwrap();
    chromium.type_text(&page, "hello").await.unwrap();
    chromium.click(&page, "#send").await.unwrap();
    let arrived = server.next_message(LIMIT).await.unwrap();
    let ServerEvent::Message { status, message, .. } = arrived else { panic!("{arrived:?}") };
    assert_eq!((status, message.text.as_str(), message.attempts), (201, "hello", 1));
    chromium.wait_until(&page, SENT, LIMIT).await.unwrap();

    cable.down(CableEnd::Far).unwrap();
    chromium.reload(&page, LIMIT).await.unwrap();
    chromium.wait_until(&page, SENT, LIMIT).await.unwrap();
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_dropped_program_is_gone() {
    let process: Process = Command::new("/bin/sleep").argument("600").spawn(None).unwrap();
    let folder = format!("/proc/{}", process.id());
    assert!(std::path::Path::new(&folder).exists());
    drop(process);
    let mut ended = Command::new("/bin/sh").arguments(["-c", "exit 3"]).spawn(None).unwrap();
    assert_eq!(ended.ended(LIMIT).await.unwrap(), Ending::Status(3));
    assert!(!std::path::Path::new(&folder).exists());
}

/// Whether a datagram gets from the near to the far end.
async fn reaches(cable: &Cable) -> bool {
    let bind = |address: &'static str| {
        move || {
            let socket = std::net::UdpSocket::bind((address, 0))?;
            socket.set_nonblocking(true)?;
            io::Result::Ok(socket)
        }
    };
    let far = cable.far().enter(bind(FAR_ADDRESS)).expect("the far end can be entered");
    let near = cable.near().enter(bind(NEAR_ADDRESS)).expect("the near end can be entered");
    let far = far.and_then(tokio::net::UdpSocket::from_std).expect("the far address is ours");
    let Ok(near) = near.and_then(tokio::net::UdpSocket::from_std) else { return false };
    let to = far.local_addr().expect("it is bound");
    near.send_to(b"x", to).await.is_ok()
        && tokio::time::timeout(DATAGRAM_LIMIT, far.recv(&mut [0; 8])).await.is_ok()
}
