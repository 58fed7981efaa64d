//! The rules that operators are woken by, held to their own tests.

use std::path::Path;
use std::process::Command;

#[test]
fn each_alert_comes_when_it_should_and_not_before() {
    let ops = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ops");
    let promtool = |arguments: &[&str]| Command::new("promtool").args(arguments).current_dir(&ops).output();
    let Ok(checked) = promtool(&["check", "rules", "alerts.yml"]) else {
        println!("skipped: there is no promtool here (Debian's package `prometheus` has it)");
        return;
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let tested = promtool(&["test", "rules", "alerts_test.yml"]).expect("it ran a moment ago");
    let said = [tested.stdout, tested.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(tested.status.success(), "{}", said.concat());
}
