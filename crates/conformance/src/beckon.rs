//! A Beckon of its own for a scenario.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

pub(crate) const KEY: &str = "AKIDCONFORMANCE00001";
pub(crate) const SECRET: &str = "conformance-secret-for-tests-only";
pub(crate) const BUCKET: &str = "crm";

/// How long a server may take to answer, as a number of pauses.
const PAUSES_MAX: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// A running server on a folder of its own.
pub(crate) struct Beckon {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Beckon {
    /// Starts a server and waits until it answers.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port is free")
            .to_string();
        let bucket = folder.path().join(BUCKET);
        std::fs::create_dir(&bucket).expect("a folder can be made");
        let config = folder.path().join("beckon.toml");
        let text = format!(
            "[server]\nlisten = {address:?}\npublic_url = \"http://{address}\"\n\
             [auth]\nadmin_access_key_id = {KEY:?}\nadmin_secret_access_key = {SECRET:?}\n\
             [buckets]\n{BUCKET} = {bucket:?}\n"
        );
        std::fs::write(&config, text).expect("a file can be written");
        let program = program();
        let log = std::fs::File::create(folder.path().join("log")).expect("a file can be made");
        let child = Command::new(&program)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| {
                let program = program.display();
                panic!("{program} does not start ({error}): cargo build --package server")
            });
        let mut server = Self {
            child,
            address,
            folder,
        };
        server.wait();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    fn wait(&mut self) {
        for _ in 0..PAUSES_MAX {
            if self.answers() {
                return;
            }
            let ended = self.child.try_wait().expect("the process can be asked");
            assert!(ended.is_none(), "the server ended:\n{}", self.log());
            std::thread::sleep(PAUSE);
        }
        panic!("the server does not answer:\n{}", self.log());
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return false;
        };
        let mut answer = String::new();
        let asked = write!(
            stream,
            "GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200 ")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Beckon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that `BECKON` names, or the one in the folder above the tests' own.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("BECKON") {
        return named.into();
    }
    let tests = std::env::current_exe().unwrap_or_default();
    let folder = tests.ancestors().nth(2).map(PathBuf::from);
    folder.unwrap_or_default().join("beckon")
}
