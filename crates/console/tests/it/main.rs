//! Live days and recordings behind the interface that pages use.
