//! The grammar of `westline ledger` and `westline demo`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// `westline ledger`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Make a ledger for the parties of a site: genesis, keys, the first block.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger init yongchuan                    out/yongchuan/ledger, with keys of all parties
  westline ledger init yongchuan --dir mine --suite sm
  westline ledger init yongchuan --passphrase-file secret.txt
  westline ledger init yongchuan --validators 4     out/yongchuan/consortium, a folder for each party to take to its machine
")]
    Init(InitArguments),
    /// Sign a transaction as a party and put it into a block; or set down a document's digest.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger submit transfer.json --as operator
  westline ledger submit out/record.json --as institute --kind test-record --subject bus-1
  echo '{\"anchor\": []}' | westline ledger submit - --as operator
  westline ledger submit transfer.json --as bank --node http://127.0.0.1:7200 --ledger out/yongchuan/consortium/bank

A file that holds an action (docs/ledger.md lists them) is that action; any other is a document, whose digest is set down.
")]
    Submit(SubmitArguments),
    /// Look at an entry of the ledger, or at all whose keys begin so; without a key, at the whole.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger query                             height, parties, counts
  westline ledger query permit/                     all permits, one a line
  westline ledger query account/2 --at 17           as it stood after block 17
  westline ledger query account/2 --proof           with a proof that verifies offline
  westline ledger query --receipt 5                 the receipt of entry 5 of the log
  westline ledger query --document report.pdf       the receipt of a document's digest
  westline ledger query permit/ --node http://127.0.0.1:7200
")]
    Query(QueryArguments),
    /// Verify a ledger whole, or a receipt, a proof, a credential by itself.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger verify                            every block, signature and root again
  westline ledger verify receipt.json --genesis genesis.json
  westline ledger verify receipt.json --genesis genesis.json --document recording.mcap
  westline ledger verify permit.vc.json --status status.vc.json
  westline ledger verify --node http://127.0.0.1:7200 --genesis genesis.json      all blocks of a node
")]
    Verify(VerifyArguments),
    /// Print blocks as they become final.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger watch                             from now on, until Ctrl-C
  westline ledger watch --from 0 --until 20 --json
  westline ledger watch --node http://127.0.0.1:7200
")]
    Watch(WatchArguments),
    /// Run a party's validator: consensus with the others, and an HTTP interface.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger node out/yongchuan/consortium/bank          until Ctrl-C; prints the interface's address
  westline ledger node bank --api 127.0.0.1:8080 --passphrase-file secret.txt
")]
    Node(NodeArguments),
    /// Bring a folder's ledger up to date from a node; each block is run again and its signatures are counted.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger sync mine --node http://127.0.0.1:7200 --genesis genesis.json
  westline ledger sync mine --node http://127.0.0.1:7200      what has come since
")]
    Sync(SyncArguments),
    /// Begin a new epoch on the same blocks, for a release of the engine that cannot read the journal of the one before.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger renew out/yongchuan/consortium/bank --height 311

All validators have to be stopped with the same last block, whose height is named; then for all of them, then start the new release.
")]
    Renew(RenewArguments),
    /// Write files for others: all of it for a court, a credential, a statement, payments.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger export -o case                    genesis, checkpoint, receipts of every entry, tiles of the log
  westline ledger export --permit 1 -o case         its credential and the status list
  westline ledger export --statement 2 -o statement.xml      camt.053
  westline ledger export --payments pain.001 -o orders.xml   or pacs.008
")]
    Export(ExportArguments),
    /// Make a key, or show the public part of one.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger key new.pem --scheme ed25519 --passphrase-file secret.txt
  westline ledger key new.pem --show --passphrase-file secret.txt
  westline ledger key new.pem --show --engine       its key for the engine, as network.toml has it
")]
    Key(KeyArguments),
    /// Check a site's parties.toml and permits.toml.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline ledger check yongchuan
")]
    Check {
        /// Name of the site, or the path of a site folder.
        site: String,
        /// Folder that holds site folders.
        #[arg(long, value_name = "DIR")]
        site_dir: Option<PathBuf>,
    },
}

/// Where the ledger is, and how its keys are opened.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The ledger's folder [default: the only out/*/ledger there is].
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
}

/// The passphrase of key files.
#[derive(Args, Clone, Debug, Default)]
pub struct Passphrase {
    /// File whose first line is the passphrase of the key files [default: $WESTLINE_PASSPHRASE, else `passphrase` beside them].
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// `westline ledger init`.
#[derive(Args, Debug)]
pub struct InitArguments {
    /// Name of the site, or the path of a site folder.
    pub site: String,
    /// Folder of the ledger [default: out/SITE/ledger].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Hashes and signatures [default: what parties.toml says].
    #[arg(long, value_name = "NAME", value_parser = ["international", "sm"])]
    pub suite: Option<String>,
    /// Folder that holds site folders.
    #[arg(long, value_name = "DIR")]
    pub site_dir: Option<PathBuf>,
    /// A network of so many validators, each with a folder of its own, instead of one ledger with all keys.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub validators: Option<u16>,
    /// The first of their ports on this machine: one each for the others, then one each for HTTP.
    #[arg(long, value_name = "PORT", default_value_t = 7100, requires = "validators", value_parser = clap::value_parser!(u16).range(1024..=65000))]
    pub port: u16,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// A node to ask instead of a folder.
#[derive(Args, Clone, Debug)]
pub struct Remote {
    /// Ask this node instead of a folder; --ledger then names a folder with its genesis, and keys where one signs.
    #[arg(long, value_name = "URL")]
    pub node: Option<String>,
}

/// `westline ledger node`.
#[derive(Args, Debug)]
pub struct NodeArguments {
    /// The validator's folder, with genesis.json, network.toml, node.toml and keys.
    pub folder: PathBuf,
    /// Where it listens for the other validators [default: what node.toml or network.toml says].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// Where its HTTP interface listens [default: what node.toml says].
    #[arg(long, value_name = "ADDRESS")]
    pub api: Option<std::net::SocketAddr>,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `westline ledger sync`.
#[derive(Args, Debug)]
pub struct SyncArguments {
    /// Folder of the ledger; it is made if it is not there.
    pub folder: PathBuf,
    /// The node that has the blocks.
    #[arg(long, value_name = "URL")]
    pub node: String,
    /// The chain's genesis, for a new folder [default: the node's own word].
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
}

/// `westline ledger renew`.
#[derive(Args, Debug)]
pub struct RenewArguments {
    /// The validator's folder.
    pub folder: PathBuf,
    /// The last block that all validators have.
    #[arg(long, value_name = "HEIGHT")]
    pub height: u64,
}

/// `westline ledger submit`.
#[derive(Args, Debug)]
pub struct SubmitArguments {
    /// File with an action as JSON, or a document; `-` reads standard input.
    pub file: PathBuf,
    /// The party that signs.
    #[arg(long = "as", value_name = "PARTY")]
    pub sender: String,
    /// What the document is.
    #[arg(long, default_value = "document", value_parser = ["recording", "verdict", "test-record", "service-record", "document"])]
    pub kind: String,
    /// Whom the document is about: a vehicle, a line [default: the file's name].
    #[arg(long)]
    pub subject: Option<String>,
    /// Where the receipt goes [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub remote: Remote,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `westline ledger query`.
#[derive(Args, Debug)]
pub struct QueryArguments {
    /// An entry's key, or the beginning of keys, ending in `/`.
    pub key: Option<String>,
    /// As it stood after this block.
    #[arg(long, value_name = "HEIGHT", conflicts_with_all = ["proof", "receipt", "document"])]
    pub at: Option<u64>,
    /// With a proof against the last block.
    #[arg(long)]
    pub proof: bool,
    /// The receipt of an entry of the log, by its place or its transaction's digest.
    #[arg(long, value_name = "ENTRY", conflicts_with = "key")]
    pub receipt: Option<String>,
    /// The receipt of the transaction that set this file's digest down.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "receipt"])]
    pub document: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
    #[command(flatten)]
    pub place: Place,
}

/// `westline ledger verify`.
#[derive(Args, Debug)]
pub struct VerifyArguments {
    /// A receipt, a proof or a credential; without it, the ledger is verified whole.
    pub file: Option<PathBuf>,
    /// The chain's genesis, which names the validators [default: the ledger's].
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// The file whose digest the receipt should hold.
    #[arg(long, value_name = "FILE", requires = "file")]
    pub document: Option<PathBuf>,
    /// The status list that tells whether the credential is still in force.
    #[arg(long, value_name = "FILE", requires = "file")]
    pub status: Option<PathBuf>,
    #[command(flatten)]
    pub remote: Remote,
    #[command(flatten)]
    pub place: Place,
}

/// `westline ledger watch`.
#[derive(Args, Debug)]
pub struct WatchArguments {
    /// From this block on [default: the next].
    #[arg(long, value_name = "HEIGHT")]
    pub from: Option<u64>,
    /// To this block [default: until Ctrl-C].
    #[arg(long, value_name = "HEIGHT")]
    pub until: Option<u64>,
    /// One JSON object a block.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub remote: Remote,
    #[command(flatten)]
    pub place: Place,
}

/// `westline ledger export`.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// File or folder to write.
    #[arg(short, long, value_name = "PATH")]
    pub out: PathBuf,
    /// The credential of this permit, signed by the government.
    #[arg(long, value_name = "ID")]
    pub permit: Option<String>,
    /// A statement of this account (ISO 20022 camt.053).
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "permit")]
    pub statement: Option<String>,
    /// All transfers as payment messages.
    #[arg(long, value_name = "MESSAGE", value_parser = ["pain.001", "pacs.008"], conflicts_with_all = ["permit", "statement"])]
    pub payments: Option<String>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `westline ledger key`.
#[derive(Args, Debug)]
pub struct KeyArguments {
    /// The key file.
    pub file: PathBuf,
    /// How it signs.
    #[arg(long, default_value = "ed25519", value_parser = ["ed25519", "p256", "sm2"])]
    pub scheme: String,
    /// Show the public part of a key that is there.
    #[arg(long)]
    pub show: bool,
    /// Of the key that a validator's engine votes with, which grows from this one.
    #[arg(long, requires = "show")]
    pub engine: bool,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `westline demo`.
#[derive(Debug, Subcommand)]
pub enum DemoCommand {
    /// A vehicle's way from its test to commercial operation, in one go: evidence, permit, credential, fares, subsidy, receipts.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline demo permit
  westline demo permit --out somewhere --suite sm
")]
    Permit {
        /// Folder for everything that is made; it is made anew.
        #[arg(long, value_name = "DIR", default_value = "out/demo-permit")]
        out: PathBuf,
        /// Hashes and signatures.
        #[arg(long, value_name = "NAME", default_value = "international", value_parser = ["international", "sm"])]
        suite: String,
    },
}
