//! MCAP's own layout, as far as reading needs it: little-endian numbers, counted strings, tagged records
//! (<https://mcap.dev/spec>, version 0).
//!
//! The `mcap` crate writes our files; reading is done here, because a file may come from anybody: every length is
//! checked against what is there before anything is allocated, and an attachment or index that we do not need is never
//! parsed.

use std::collections::BTreeMap;

/// The first and the last eight bytes of a file.
pub(crate) const MAGIC: [u8; 8] = [0x89, b'M', b'C', b'A', b'P', b'0', b'\r', b'\n'];

/// A record's tag and length, before its body.
pub(crate) const PREFIX_BYTES: usize = 9;

pub(crate) mod opcode {
    pub(crate) const SCHEMA: u8 = 0x03;
    pub(crate) const CHANNEL: u8 = 0x04;
    pub(crate) const MESSAGE: u8 = 0x05;
    pub(crate) const CHUNK: u8 = 0x06;
    pub(crate) const METADATA: u8 = 0x0c;
    pub(crate) const DATA_END: u8 = 0x0f;
}

/// Bytes that are taken from the front.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// The next record's tag and body.
    pub(crate) fn record(&mut self) -> Option<(u8, &'a [u8])> {
        let tag = self.u8()?;
        let length = usize::try_from(self.u64()?).ok()?;
        Some((tag, self.take(length)?))
    }
}

/// What a schema record tells that we need.
pub(crate) struct Schema<'a> {
    pub(crate) id: u16,
    pub(crate) name: &'a str,
}

pub(crate) fn schema(body: &[u8]) -> Option<Schema<'_>> {
    let mut cursor = Cursor(body);
    Some(Schema {
        id: cursor.u16()?,
        name: cursor.string()?,
    })
}

/// What a channel record tells that we need.
pub(crate) struct Channel<'a> {
    pub(crate) id: u16,
    pub(crate) schema: u16,
    pub(crate) topic: &'a str,
}

pub(crate) fn channel(body: &[u8]) -> Option<Channel<'_>> {
    let mut cursor = Cursor(body);
    Some(Channel {
        id: cursor.u16()?,
        schema: cursor.u16()?,
        topic: cursor.string()?,
    })
}

/// A message record.
pub(crate) struct Message<'a> {
    pub(crate) channel: u16,
    pub(crate) log_time_ns: u64,
    pub(crate) payload: &'a [u8],
}

pub(crate) fn message(body: &[u8]) -> Option<Message<'_>> {
    let mut cursor = Cursor(body);
    let (channel, _sequence, log_time_ns, _publish_time) = (cursor.u16()?, cursor.u32()?, cursor.u64()?, cursor.u64()?);
    Some(Message {
        channel,
        log_time_ns,
        payload: cursor.0,
    })
}

/// A chunk record.
pub(crate) struct Chunk<'a> {
    pub(crate) uncompressed_bytes: u64,
    pub(crate) uncompressed_crc: u32,
    pub(crate) compression: &'a str,
    pub(crate) bytes: &'a [u8],
}

pub(crate) fn chunk(body: &[u8]) -> Option<Chunk<'_>> {
    let mut cursor = Cursor(body);
    let _time_span = (cursor.u64()?, cursor.u64()?);
    let (uncompressed_bytes, uncompressed_crc) = (cursor.u64()?, cursor.u32()?);
    let compression = cursor.string()?;
    let length = usize::try_from(cursor.u64()?).ok()?;
    Some(Chunk {
        uncompressed_bytes,
        uncompressed_crc,
        compression,
        bytes: cursor.take(length)?,
    })
}

/// A metadata record: its name and its map.
pub(crate) fn metadata(body: &[u8]) -> Option<(&str, BTreeMap<String, String>)> {
    let mut cursor = Cursor(body);
    let name = cursor.string()?;
    let length = cursor.u32()? as usize;
    let mut pairs = Cursor(cursor.take(length)?);
    let mut map = BTreeMap::new();
    while !pairs.0.is_empty() {
        map.insert(pairs.string()?.to_owned(), pairs.string()?.to_owned());
    }
    Some((name, map))
}
