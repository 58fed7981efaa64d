//! That pages keep the standard, hold what was said as text, and are the same each time. What keeps the standard is checked by the
//! writer itself: a page that does not is an error.

use super::*;
use crate::render::sample;

fn contains(pdf: &[u8], what: &str) -> bool {
    pdf.windows(what.len()).any(|window| window == what.as_bytes())
}

#[test]
fn the_pages_are_tagged_and_the_same_each_time() {
    let analysis = sample::analysis();
    let pdf = compose(&analysis).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    for tag in ["/StructTreeRoot", "/MarkInfo", "/Lang", "pdfuaid:part", "/Outlines"] {
        assert!(contains(&pdf, tag), "{tag}");
    }
    assert_eq!(pdf, compose(&analysis).unwrap());
}

#[test]
fn nothing_is_asked_of_a_network_or_of_a_reader() {
    let pdf = compose(&sample::analysis()).unwrap();
    for action in ["/URI", "/JavaScript", "/JS", "/Launch", "/OpenAction", "/EmbeddedFile"] {
        assert!(!contains(&pdf, action), "{action}");
    }
}

#[test]
fn every_mark_that_is_read_belongs_to_a_part_and_every_part_to_another_or_to_the_top() {
    let faces = Faces::load().unwrap();
    let laid = content::lay_out(&sample::analysis(), &faces);
    let mut held = vec![0; laid.groups.len()];
    let children = laid.groups.iter().flat_map(|group| &group.children);
    children.chain(&laid.roots).for_each(|place| held[*place] += 1);
    assert!(held.iter().all(|times| *times == 1), "{held:?}");
    for placed in laid.pages.iter().flatten() {
        let read = !matches!(placed.mark, layout::Mark::Rule { .. });
        assert_eq!(placed.group.is_some(), read);
        if let layout::Mark::Text { y, .. } = placed.mark {
            assert!(y < layout::PAGE.1 - 40.0, "on the page");
        }
    }
    assert!(laid.outline.iter().any(|entry| entry.text == "Transcript"));
}
