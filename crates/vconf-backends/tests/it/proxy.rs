//! A proxy that passes everything on, and loses answers when it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;

/// Passes on what goes to a server and comes from it.
pub(crate) struct Proxy {
    address: SocketAddr,
    /// How many answers pass before one is lost; below 0 none is.
    until_lost: Arc<AtomicI64>,
    lost: Arc<AtomicU64>,
}

impl Proxy {
    /// Passes on what goes to a server, and answers with something else in place of an answer that is lost.
    pub(crate) fn before(server: SocketAddr, instead: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (until_lost, lost) = (Arc::new(AtomicI64::new(-1)), Arc::new(AtomicU64::new(0)));
        let (counter, losses) = (Arc::clone(&until_lost), Arc::clone(&lost));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(&mut from, &mut to, b"", || false));
                let (counter, losses) = (Arc::clone(&counter), Arc::clone(&losses));
                thread::spawn(move || {
                    let (mut from, mut to) = (server, client);
                    pass(&mut from, &mut to, instead, || {
                        let is_lost = counter.fetch_sub(1, Ordering::SeqCst) == 0;
                        losses.fetch_add(u64::from(is_lost), Ordering::SeqCst);
                        is_lost
                    });
                });
            }
        });
        Self { address, until_lost, lost }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses an answer and its connection after so many others, once.
    pub(crate) fn lose_after(&self, answers: i64) {
        self.until_lost.store(answers, Ordering::SeqCst);
    }

    /// Whether it lost as many answers by now.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until the end, or until some of them are to be lost.
fn pass(from: &mut TcpStream, to: &mut TcpStream, instead: &[u8], is_lost: impl Fn() -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if is_lost() {
            let _ = to.write_all(instead);
            break;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
