//! `westline network decode` and `encode`: captures and values.

use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use messages::capture::{self, Captured};
use messages::dissect::{Dissected, dissect};
use messages::hex;
use messages::{Message, MessageKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::PathBuf;

/// `westline network decode`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network decode capture.pcap
  westline network decode capture.pcapng | jq 'select(.kind == \"cam\") | .value.cam'
  tcpdump -w - ether proto 0x8947 | westline network decode -

Each line holds packet, time_s, kind, geonetworking, btp, uper and value. Packets that are malformed are named
on standard error and counted; the rest is decoded.
")]
pub struct DecodeArguments {
    /// A pcap or pcapng file of Ethernet or 802.11 frames; - for standard input.
    pub capture: PathBuf,
}

/// `westline network encode`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network encode cam < values.json
  westline network decode capture.pcap | jq -c 'select(.kind == \"denm\")' | westline network encode denm

Standard input holds values one after another, or a list of them; of an object with a field `value`, that is taken.
A bit string is {\"bits\": hex, \"length\": n}, an octet string hex, a choice {\"alternative\": value}.
")]
pub struct EncodeArguments {
    /// cam, denm, mapem, spatem, ivim, srem, ssem, cpm, cpm-tr103562 or vam.
    pub kind: MessageKind,
}

/// Malformed packets named one by one; the rest is counted only.
const MALFORMED_SHOWN: u64 = 20;

pub fn decode(arguments: &DecodeArguments) -> Result<Answer> {
    let name = arguments.capture.display().to_string();
    let file: Box<dyn Read> = if arguments.capture.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(
            File::open(&arguments.capture).with_context(|| format!("{name}: cannot be read"))?,
        ))
    };
    let mut lines = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    let (mut messages, mut others, mut malformed) = (0u64, 0u64, BTreeMap::<&str, u64>::new());
    let mut shown = 0;
    let outcome = capture::read(file, |captured: Captured<'_>| match dissect(&captured) {
        Ok(Dissected::Message(line)) => {
            messages += 1;
            if written.is_ok() {
                written = writeln!(lines, "{line}");
            }
        }
        Ok(Dissected::WithoutMessage | Dissected::Other) => others += 1,
        Err(error) => {
            *malformed.entry(error.layer).or_default() += 1;
            shown += 1;
            if shown <= MALFORMED_SHOWN {
                eprintln!("{name}: packet {}: {error}", captured.number);
            }
        }
    });
    match written.and_then(|()| lines.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Answer::Yes),
        written => written.context("standard output")?,
    }
    let packets = outcome.map_err(|error| anyhow!("{name}: {error}"))?;
    let faults: u64 = malformed.values().sum();
    let layers: Vec<String> = malformed
        .iter()
        .map(|(layer, count)| format!("{layer} {count}"))
        .collect();
    let layers = if layers.is_empty() {
        String::new()
    } else {
        format!(" ({})", layers.join(", "))
    };
    eprintln!("{packets} packets: {messages} messages, {others} without one, {faults} malformed{layers}");
    Ok(Answer::Yes)
}

pub fn encode(arguments: &EncodeArguments) -> Result<Answer> {
    let text = io::read_to_string(io::stdin()).context("standard input: cannot be read")?;
    let mut lines = String::new();
    let mut number = 0;
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let value = value.context("standard input: no JSON")?;
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            number += 1;
            let message = Message::from_json(arguments.kind, message_in(value)).and_then(|message| message.to_uper());
            let bytes = message.map_err(|error| anyhow!("standard input: value {number}: {error}"))?;
            lines += &hex::encode(&bytes);
            lines.push('\n');
        }
    }
    if number == 0 {
        bail!(
            "standard input: no value\nhint: westline network encode {} < values.json",
            arguments.kind
        );
    }
    output::print(&lines)?;
    Ok(Answer::Yes)
}

/// A line of `decode` holds more than the message.
fn message_in(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.contains_key("value") && !object.contains_key("header") => {
            object.remove("value").unwrap_or_default()
        }
        value => value,
    }
}
