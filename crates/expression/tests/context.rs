//! Chapters 3 and 4 of the reference, member by member: `context/members.txt` has a line
//! `member ==> static type ==> value ==> value where the parts of the context are missing`.
//!
//! The values are those in the contexts `full.json` and `bare.json`.

mod show;

use serde_json::Value;
use show::show;
use tollgate_expression::vectors;

#[test]
fn every_member_has_its_type_and_its_values() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/context");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let [full, bare]: [Value; 2] = ["full.json", "bare.json"].map(|name| serde_json::from_str(&read(name)).unwrap());
    let mut wrong = Vec::new();
    for line in read("members.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" ==> ").map(str::trim).collect();
        let [member, ty, in_full, in_bare] = columns[..] else { panic!("not four columns: {line}") };
        let value = |context: &Value| {
            let got = vectors::evaluate(&format!("@({member})"), context);
            if got.get("compileError").is_some() { got.to_string() } else { show(&got) }
        };
        // The type of a sequence that a lambda makes is that of its body, which does not run.
        let static_type = format!("@(new int[0].Select(_ => {member}).ToArray().GetType().ToString())");
        let found = [
            vectors::evaluate(&static_type, &full)["value"].as_str().unwrap_or("?").replacen("[]", "", 1),
            value(&full),
            value(&bare),
        ];
        if found != [ty, in_full, in_bare] {
            wrong.push(format!(
                "{member}\n    expected {ty} ==> {in_full} ==> {in_bare}\n    found    {}",
                found.join(" ==> ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
