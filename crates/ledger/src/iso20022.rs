//! ISO 20022 messages of accounts and transfers: `pain.001.001.09` (orders to a bank), `pacs.008.001.08` (between banks),
//! `camt.053.001.08` (a statement).
//!
//! In go transfers as the journal has them and their accounts; out comes XML in the messages' element order. Account numbers are
//! written as `Othr` identifications, because the ledger's are no IBANs. It settles nothing.

use crate::account::{Account, TransferRecord};
use crate::party::Currency;
use crate::permit_credential::rfc3339;
use crate::transaction::Id;
use std::fmt::Write as _;

/// Letters of an identification (`Max35Text`).
const TEXT35: usize = 35;

/// What every message says of itself.
#[derive(Clone, Debug)]
pub struct MessageHead<'a> {
    /// Identification, at most 35 letters.
    pub id: &'a str,
    /// When it is made, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Who sends it, as people call it.
    pub sender: &'a str,
    /// The currency of all amounts.
    pub currency: &'a Currency,
}

/// One transfer with the names of both sides.
#[derive(Clone, Debug)]
pub struct NamedTransfer<'a> {
    /// As the journal has it.
    pub record: &'a TransferRecord,
    /// Who pays.
    pub debtor: &'a str,
    /// Who is paid.
    pub creditor: &'a str,
}

/// `pain.001.001.09`, CustomerCreditTransferInitiationV09: the sender asks its bank to pay. All are paid from one account.
pub fn pain_001(head: &MessageHead<'_>, transfers: &[NamedTransfer<'_>]) -> String {
    let mut xml = Xml::begin("pain.001.001.09");
    xml.open("CstmrCdtTrfInitn");
    xml.open("GrpHdr");
    xml.text("MsgId", clipped(head.id));
    xml.text("CreDtTm", &rfc3339(head.time_ms));
    xml.text("NbOfTxs", &transfers.len().to_string());
    xml.text("CtrlSum", &decimal(total(transfers), head.currency));
    xml.party("InitgPty", head.sender);
    xml.close("GrpHdr");
    // One payment block for each account that pays, in the order of the numbers.
    let mut payers: Vec<Id> = transfers
        .iter()
        .map(|transfer| transfer.record.transfer.debit_account)
        .collect();
    payers.sort_unstable();
    payers.dedup();
    for (index, payer) in payers.iter().enumerate() {
        let of_payer = transfers
            .iter()
            .filter(|transfer| transfer.record.transfer.debit_account == *payer);
        let of_payer: Vec<&NamedTransfer<'_>> = of_payer.collect();
        xml.open("PmtInf");
        xml.text("PmtInfId", clipped(&format!("{}-{index}", clip(head.id, 28))));
        xml.text("PmtMtd", "TRF");
        xml.text("NbOfTxs", &of_payer.len().to_string());
        xml.open("ReqdExctnDt");
        xml.text("Dt", &rfc3339(head.time_ms)[..10]);
        xml.close("ReqdExctnDt");
        xml.party("Dbtr", of_payer[0].debtor);
        xml.account("DbtrAcct", *payer, Some(head.currency));
        xml.agent("DbtrAgt");
        for transfer in of_payer {
            xml.open("CdtTrfTxInf");
            xml.open("PmtId");
            xml.text("EndToEndId", &end_to_end(transfer.record.transfer.id));
            xml.close("PmtId");
            xml.open("Amt");
            xml.amount("InstdAmt", transfer.record.amount, head.currency);
            xml.close("Amt");
            xml.party("Cdtr", transfer.creditor);
            xml.account("CdtrAcct", transfer.record.transfer.credit_account, None);
            xml.close("CdtTrfTxInf");
        }
        xml.close("PmtInf");
    }
    xml.close("CstmrCdtTrfInitn");
    xml.end()
}

/// `pacs.008.001.08`, FIToFICustomerCreditTransferV08: one institution tells another what was paid for customers.
pub fn pacs_008(head: &MessageHead<'_>, transfers: &[NamedTransfer<'_>]) -> String {
    let mut xml = Xml::begin("pacs.008.001.08");
    xml.open("FIToFICstmrCdtTrf");
    xml.open("GrpHdr");
    xml.text("MsgId", clipped(head.id));
    xml.text("CreDtTm", &rfc3339(head.time_ms));
    xml.text("NbOfTxs", &transfers.len().to_string());
    xml.amount("TtlIntrBkSttlmAmt", total(transfers), head.currency);
    xml.text("IntrBkSttlmDt", &rfc3339(head.time_ms)[..10]);
    xml.open("SttlmInf");
    xml.text("SttlmMtd", "CLRG");
    xml.close("SttlmInf");
    xml.close("GrpHdr");
    for transfer in transfers {
        let record = transfer.record;
        xml.open("CdtTrfTxInf");
        xml.open("PmtId");
        xml.text("EndToEndId", &end_to_end(record.transfer.id));
        xml.text("TxId", &end_to_end(record.transfer.id));
        xml.close("PmtId");
        xml.amount("IntrBkSttlmAmt", record.amount, head.currency);
        xml.text("ChrgBr", "SLEV");
        xml.party("Dbtr", transfer.debtor);
        xml.account("DbtrAcct", record.transfer.debit_account, None);
        xml.agent("DbtrAgt");
        xml.agent("CdtrAgt");
        xml.party("Cdtr", transfer.creditor);
        xml.account("CdtrAcct", record.transfer.credit_account, None);
        xml.close("CdtTrfTxInf");
    }
    xml.close("FIToFICstmrCdtTrf");
    xml.end()
}

/// `camt.053.001.08`, BankToCustomerStatementV08: an account's bookings, with the balance before and after them. `booked` are
/// those of the account, in the order of time; `opening` is credits less debits before the first.
pub fn camt_053(
    head: &MessageHead<'_>,
    account: &Account,
    owner: &str,
    opening: i128,
    booked: &[TransferRecord],
) -> String {
    let is_credit = |record: &TransferRecord| record.transfer.credit_account == account.id;
    let change: i128 = booked
        .iter()
        .map(|record| {
            if is_credit(record) {
                i128::from(record.amount)
            } else {
                -i128::from(record.amount)
            }
        })
        .sum();
    let from_ms = booked.first().map_or(head.time_ms, |record| record.time_ms);
    let mut xml = Xml::begin("camt.053.001.08");
    xml.open("BkToCstmrStmt");
    xml.open("GrpHdr");
    xml.text("MsgId", clipped(head.id));
    xml.text("CreDtTm", &rfc3339(head.time_ms));
    xml.close("GrpHdr");
    xml.open("Stmt");
    xml.text("Id", clipped(head.id));
    xml.text("CreDtTm", &rfc3339(head.time_ms));
    xml.open("FrToDt");
    xml.text("FrDtTm", &rfc3339(from_ms));
    xml.text("ToDtTm", &rfc3339(head.time_ms));
    xml.close("FrToDt");
    xml.open("Acct");
    xml.account_id(account.id);
    xml.text("Ccy", &head.currency.code);
    xml.party("Ownr", owner);
    xml.close("Acct");
    for (kind, balance, time_ms) in [("OPBD", opening, from_ms), ("CLBD", opening + change, head.time_ms)] {
        xml.open("Bal");
        xml.open("Tp");
        xml.open("CdOrPrtry");
        xml.text("Cd", kind);
        xml.close("CdOrPrtry");
        xml.close("Tp");
        xml.amount("Amt", balance.unsigned_abs(), head.currency);
        xml.text("CdtDbtInd", if balance < 0 { "DBIT" } else { "CRDT" });
        xml.open("Dt");
        xml.text("Dt", &rfc3339(time_ms)[..10]);
        xml.close("Dt");
        xml.close("Bal");
    }
    for record in booked {
        let side = if is_credit(record) { "CRDT" } else { "DBIT" };
        xml.open("Ntry");
        xml.text("NtryRef", &end_to_end(record.transfer.id));
        xml.amount("Amt", record.amount, head.currency);
        xml.text("CdtDbtInd", side);
        xml.open("Sts");
        xml.text("Cd", "BOOK");
        xml.close("Sts");
        xml.open("BookgDt");
        xml.text("DtTm", &rfc3339(record.time_ms));
        xml.close("BookgDt");
        xml.open("BkTxCd");
        xml.open("Prtry");
        xml.text("Cd", &record.transfer.code.to_string());
        xml.close("Prtry");
        xml.close("BkTxCd");
        xml.open("NtryDtls");
        xml.open("TxDtls");
        xml.open("Refs");
        xml.text("EndToEndId", &end_to_end(record.transfer.id));
        xml.close("Refs");
        xml.amount("Amt", record.amount, head.currency);
        xml.text("CdtDbtInd", side);
        xml.close("TxDtls");
        xml.close("NtryDtls");
        xml.close("Ntry");
    }
    xml.close("Stmt");
    xml.close("BkToCstmrStmt");
    xml.end()
}

fn total(transfers: &[NamedTransfer<'_>]) -> u128 {
    transfers
        .iter()
        .map(|transfer| u128::from(transfer.record.amount))
        .sum()
}

/// An amount in the currency's main unit: whole numbers shifted, never divided.
pub fn decimal(amount: impl Into<u128>, currency: &Currency) -> String {
    let digits = usize::from(currency.digits);
    let text = format!("{:0>width$}", amount.into(), width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    if part.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{part}")
    }
}

/// A number of 128 bits in at most 35 letters: base 36.
fn end_to_end(id: Id) -> String {
    let mut digits = Vec::new();
    let mut rest = id.0;
    loop {
        digits.push(char::from_digit((rest % 36) as u32, 36).expect("below 36"));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    digits
        .into_iter()
        .rev()
        .map(|digit| digit.to_ascii_uppercase())
        .collect()
}

fn clipped(text: &str) -> &str {
    clip(text, TEXT35)
}

fn clip(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(end, _)| &text[..end])
}

/// XML as it grows; elements lie a step further in than those around them.
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn begin(message: &str) -> Xml {
        let mut xml = Xml {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            depth: 1,
        };
        let _ = writeln!(
            xml.text,
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}\">"
        );
        xml
    }

    fn end(mut self) -> String {
        self.text.push_str("</Document>\n");
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn open(&mut self, element: &str) {
        self.line(&format!("<{element}>"));
        self.depth += 1;
    }

    fn close(&mut self, element: &str) {
        self.depth -= 1;
        self.line(&format!("</{element}>"));
    }

    fn text(&mut self, element: &str, content: &str) {
        self.line(&format!("<{element}>{}</{element}>", escaped(content)));
    }

    fn amount(&mut self, element: &str, amount: impl Into<u128>, currency: &Currency) {
        let code = escaped(&currency.code);
        self.line(&format!(
            "<{element} Ccy=\"{code}\">{}</{element}>",
            decimal(amount, currency)
        ));
    }

    fn party(&mut self, element: &str, name: &str) {
        self.open(element);
        self.text("Nm", clip(name, 140));
        self.close(element);
    }

    fn account(&mut self, element: &str, id: Id, currency: Option<&Currency>) {
        self.open(element);
        self.account_id(id);
        if let Some(currency) = currency {
            self.text("Ccy", &currency.code);
        }
        self.close(element);
    }

    fn account_id(&mut self, id: Id) {
        self.open("Id");
        self.open("Othr");
        self.text("Id", &end_to_end(id));
        self.close("Othr");
        self.close("Id");
    }

    /// A bank that is known to both sides and has no code here.
    fn agent(&mut self, element: &str) {
        self.open(element);
        self.open("FinInstnId");
        self.open("Othr");
        self.text("Id", "NOTPROVIDED");
        self.close("Othr");
        self.close("FinInstnId");
        self.close(element);
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
