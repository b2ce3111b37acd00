//! What is at the far end of the guest's cable: an answer to a check of the connection.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A program that asks and then says nothing is not waited for.
const ASK_LIMIT: Duration = Duration::from_secs(10);
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nX-NetworkManager-Status: online\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers one after the other, until the machine is turned off.
pub(crate) async fn answer_all(address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await.context("cannot listen")?;
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept a connection")?;
        // One that was cut off by a sleep concerns nobody.
        let _ = timeout(ASK_LIMIT, answer(stream)).await;
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") && asked.len() < 8_192 {
        if stream.read_buf(&mut asked).await? == 0 {
            break;
        }
    }
    stream.write_all(ANSWER).await
}
