//! Files of an archive as streams of bytes, unpacked where they are packed.

use std::io::{BufRead, BufReader, Read};

use bytes::{Buf as _, Bytes};
use flate2::bufread::MultiGzDecoder;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::runtime::Handle;

use crate::buckets::{Bucket, File, FileError};

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// The content of `file`.
pub(super) fn open(
    runtime: &Handle,
    bucket: &Bucket,
    file: &File,
) -> Result<Box<dyn BufRead>, FileError> {
    if file.bytes == 0 {
        return Ok(Box::new(std::io::empty()));
    }
    let stream = runtime.block_on(bucket.stream(file, 0))?;
    let object = Object {
        runtime: runtime.clone(),
        stream,
        chunk: Bytes::new(),
    };
    let mut plain = BufReader::with_capacity(BUFFER_BYTES, object);
    // The first two bytes come together, or what comes is no gzip.
    if plain.fill_buf().is_ok_and(|bytes| bytes.starts_with(&GZIP)) {
        let unpacked = MultiGzDecoder::new(plain);
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)))
    } else {
        Ok(Box::new(plain))
    }
}

/// A stream of chunks, read on a thread that may block.
struct Object {
    runtime: Handle,
    stream: BoxStream<'static, Result<Bytes, FileError>>,
    chunk: Bytes,
}

impl Read for Object {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(std::io::Error::other)?,
            }
        }
        let count = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
