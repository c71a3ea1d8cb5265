//! "Did you mean".

/// The candidate nearest to `wanted`, when it is near enough to be a slip.
pub fn nearest<'c>(wanted: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.starts_with(|c: char| !c.is_alphabetic()) || candidate.contains(':') {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(wanted) { 0 } else { distance(wanted, candidate, limit) };
        let better = best.is_none_or(|(found, name)| distance < found || distance == found && candidate < name);
        if distance <= limit && better {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Edits (insert, delete, replace, swap) between two words; more than `limit` counts as `limit + 1`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit || a.len() > 64 {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(limit + 1);
            let mut cost = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_find_the_name_and_strangers_do_not() {
        let names = ["Length", "Replace", "Substring"];
        assert_eq!(nearest("Lenght", names), Some("Length"));
        assert_eq!(nearest("length", names), Some("Length"));
        assert_eq!(nearest("SubString", names), Some("Substring"));
        assert_eq!(nearest("Foo", names), None);
    }
}
