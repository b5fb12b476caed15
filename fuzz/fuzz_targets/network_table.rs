//! Any text as a table of links and as a measured run, which is learned from and played.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = network::radio::rows::path_loss("fuzz", text);
    if let Ok(run) = network::trace::Trace::read("fuzz", text) {
        run.figures();
        let model = network::trace::fit::DelayModel::fit(std::slice::from_ref(&run));
        model.play(&run, record::Seed(1));
    }
});
