//! Users see, touch and wake nothing of each other's. The daemon knows them by what the kernel
//! says of their connections, so these tests connect as other users, which needs root.

use std::time::Duration;

use pwasync_proto::v1 as wire;
use tonic::Code;
use tonic_types::StatusExt;
use wire::watch_response::Change;

use crate::{
    bed::{Client, Daemon, key, profile, reason, soon},
    root::have_root,
    session::{Session, hello},
};

const ADA: u32 = 40_001;
const BEN: u32 = 40_002;
const WHY: &str = "only root can connect as other users";

async fn unregister(client: &mut Client, tag: &str) -> wire::UnregisterChange {
    let request = wire::UnregisterRequest { key: Some(key(tag)) };
    soon(client.sync.unregister(request)).await.unwrap().into_inner().change()
}

#[tokio::test]
async fn users_do_not_see_or_touch_what_is_anothers() {
    if !have_root(WHY) {
        return;
    }
    let daemon = Daemon::simulated().await;
    let (mut ada, mut ben) = (daemon.client_of(ADA).await, daemon.client_of(BEN).await);
    let mut bens_watch = ben.watch(1_000).await;
    let id = ada.one_off("mail").await;
    assert_eq!(ada.list().await[0].owner_uid, ADA);
    assert_eq!(ben.list().await, []);

    // The same key under another owner is another registration, or none.
    let request = wire::GetRegistrationRequest { key: Some(key("mail")) };
    let status = soon(ben.sync.get_registration(request)).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no registration has this key"));
    let request = wire::GetTagsRequest {
        profile: Some(profile()),
        scope: key("").scope,
        kind: wire::SyncKind::OneOff.into(),
    };
    let tags = soon(ben.sync.get_tags(request)).await.unwrap().into_inner().tags;
    assert!(tags.is_empty());
    assert_eq!(unregister(&mut ben, "mail").await, wire::UnregisterChange::Absent);
    let request = wire::RemoveScopeRequest { profile: Some(profile()), scope: key("").scope };
    assert_eq!(soon(ben.sync.remove_scope(request)).await.unwrap().into_inner().removed, 0);
    let empty = wire::ReconcileRequest { profile: Some(profile()), registrations: vec![] };
    let answer = soon(ben.sync.reconcile(tokio_stream::iter([empty]))).await.unwrap();
    assert_eq!(answer.into_inner(), wire::ReconcileResponse::default());

    // A number of another owner looks as one that never was.
    for id in [id, 999] {
        let wanted = format!("registration `{id}` does not exist");
        let status = soon(ben.admin.remove(wire::RemoveRequest { id })).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, wanted.as_str()));
        assert!(status.get_error_details_vec().is_empty());
        let request = wire::RunNowRequest { id, force: true };
        let status = soon(ben.admin.run_now(request)).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, wanted.as_str()));
    }
    let request = wire::ListRegistrationsRequest { owner_uid: Some(ADA), ..Default::default() };
    let status = soon(ben.admin.list_registrations(request)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status)),
        (Code::PermissionDenied, "ADMINISTRATORS_ONLY".into())
    );
    let status = soon(ben.admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner();
    assert_eq!((status.pending, status.sessions, status.next_wake_at), (0, 0, None));

    assert_eq!(ada.list().await.len(), 1, "ada's is untouched");
    let status = soon(ada.admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner();
    assert_eq!(status.pending, 1);
    assert!(status.next_wake_reason.contains(&format!("registration {id}")));

    // Whatever ben's watch has seen, none of it is ada's.
    let own = ben.one_off("own").await;
    loop {
        match soon(bens_watch.message()).await.unwrap().unwrap().change.unwrap() {
            Change::Registration(change) => {
                assert_eq!((change.owner_uid, change.id), (BEN, own));
                break;
            }
            Change::Session(change) => assert_eq!(change.owner_uid, BEN),
            Change::Host(_) | Change::Skipped(_) => {}
        }
    }
}

#[tokio::test]
async fn users_wake_and_end_nothing_of_anothers() {
    if !have_root(WHY) {
        return;
    }
    let daemon = Daemon::simulated().await;
    let (mut ada, mut ben) = (daemon.client_of(ADA).await, daemon.client_of(BEN).await);
    let mut adas = Session::ready(&mut ada).await;
    // The same names of browser and profile: another profile, so nothing is superseded.
    let mut bens = Session::ready(&mut ben).await;
    ada.online().await;
    ada.advance(Duration::from_secs(2)).await;
    ada.one_off("mail").await;
    let wake = adas.wake().await;
    bens.started(&wake).await;
    bens.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    // Ben's first message: no wake came before it.
    assert!(!bens.recorded().await.counted);
    assert_eq!(ada.list().await[0].state(), wire::RegistrationState::Firing);

    let sessions = async |client: &mut Client| {
        let listed = client.admin.list_sessions(wire::ListSessionsRequest {});
        let listed = soon(listed).await.unwrap().into_inner().sessions;
        listed.into_iter().map(|session| session.owner_uid).collect::<Vec<_>>()
    };
    assert_eq!(sessions(&mut ada).await, [ADA]);
    assert_eq!(sessions(&mut ben).await, [BEN]);
    let running = vec![wake.attempt_id.clone()];
    let (_bens, welcome) =
        Session::hello(&mut ben, wire::Hello { running: running.clone(), ..hello() }).await;
    assert_eq!(welcome.abandon, running);

    adas.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(adas.recorded().await.counted);
}

#[tokio::test]
async fn root_sees_and_removes_everybodys() {
    if !have_root(WHY) {
        return;
    }
    let daemon = Daemon::simulated().await;
    let (mut ada, mut ben) = (daemon.client_of(ADA).await, daemon.client_of(BEN).await);
    let (id, _) = (ada.one_off("mail").await, ben.one_off("mail").await);
    let mut root = daemon.client().await;
    let owners: Vec<_> = root.list().await.iter().map(|one| one.owner_uid).collect();
    assert_eq!(owners, [ADA, BEN]);
    let request = wire::ListRegistrationsRequest { owner_uid: Some(BEN), ..Default::default() };
    let listed = soon(root.admin.list_registrations(request)).await.unwrap().into_inner();
    assert_eq!(listed.registrations.len(), 1);
    soon(root.admin.remove(wire::RemoveRequest { id })).await.unwrap();
    assert_eq!(ada.list().await, []);
    assert_eq!(ben.list().await.len(), 1);
}

#[tokio::test]
async fn the_overflow_uid_owns_nothing() {
    if !have_root(WHY) {
        return;
    }
    let daemon = Daemon::simulated().await;
    let mut nobody = daemon.client_of(65_534).await;
    let request = wire::RegisterRequest { key: Some(key("mail")), ..Default::default() };
    let status = nobody.register(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "OVERFLOW_UID".into()));
    let status = soon(nobody.admin.get_status(wire::GetStatusRequest {})).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_user_who_dawdles_over_a_list_holds_up_nobody_else() {
    if !have_root(WHY) {
        return;
    }
    let daemon = Daemon::simulated().await;
    let (ada, mut ben) = (daemon.client_of(ADA).await, daemon.client_of(BEN).await);
    let calls = (0..3).map(|_| {
        let mut ada = ada.clone();
        Box::pin(async move { ada.sync.reconcile(tokio_stream::pending()).await })
    });
    let (refused, _, dawdling) = soon(futures_util::future::select_all(calls)).await;
    let status = refused.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "BUSY".into()));
    let whole = wire::ReconcileRequest { profile: Some(profile()), registrations: vec![] };
    soon(ben.sync.reconcile(tokio_stream::iter([whole]))).await.unwrap();
    drop(dawdling);
}
