//! The day that spoken words name: "by friday" in a meeting on a Wednesday is two days later. Only words that name one day have one;
//! "next week" has none, and what a speaker meant by it is not guessed.

use attune_engine::commitments::MONTHS;
use time::{Date, Duration, Month, Weekday};

/// The day that `words`, lower case, name in a meeting on `day`; none where they name none, or several.
pub(super) fn day_of(words: &str, day: Date) -> Option<Date> {
    let tokens: Vec<&str> = words
        .split_whitespace()
        .map(|word| word.trim_end_matches("'s"))
        .collect();
    match strip(&tokens) {
        ["today" | "tonight" | "eod" | "asap" | "noon" | "lunch" | "midnight", ..]
        | ["end", "of", "day" | "today"]
        | ["end", "of", "the" | "this", "day" | "afternoon" | "morning" | "evening"]
        | ["this", "afternoon" | "morning" | "evening"]
        | ["in" | "within", _, "minute" | "minutes" | "hour" | "hours"] => Some(day),
        ["tomorrow", ..] => day.next_day(),
        ["in" | "within", count, unit] => later(day, number(count)?, unit),
        ["end", "of", "week"] | ["end", "of", "the" | "this", "week"] => on_or_after(day, Weekday::Friday),
        ["end", "of", "next", "week"] => on_or_after(monday_of_next_week(day)?, Weekday::Friday),
        ["end", "of", "month"] | ["end", "of", "the" | "this", "month"] => last_of_month(day),
        ["end", "of", "next", "month"] => last_of_month(last_of_month(day)?.next_day()?),
        // The week after this one's, which is what most mean by it. `[D]`
        ["next", name, ..] => on_or_after(monday_of_next_week(day)?, weekday(name)?),
        ["this", name, ..] => on_or_after(day, weekday(name)?),
        [name, of_month] if month(name).is_some() => on_date(day, month(name)?, of_month),
        // "Friday" on a Friday is the next one: who means today says so.
        [name] => on_or_after(day.next_day()?, weekday(name)?),
        _ => None,
    }
}

/// Without the words in front that say "not later than".
fn strip<'a, 'b>(mut tokens: &'a [&'b str]) -> &'a [&'b str] {
    while let ["by" | "before" | "until" | "on", rest @ ..] | ["the", rest @ ..] = tokens
        && !rest.is_empty()
    {
        tokens = rest;
    }
    tokens
}

fn later(day: Date, count: i64, unit: &str) -> Option<Date> {
    match unit.trim_end_matches('s') {
        "day" => day.checked_add(Duration::days(count)),
        "week" => day.checked_add(Duration::weeks(count)),
        "month" => {
            let mut month = day;
            for _ in 0..count {
                month = last_of_month(month)?.next_day()?;
            }
            let last = last_of_month(month)?.day();
            month.replace_day(day.day().min(last)).ok()
        }
        _ => None,
    }
}

fn number(word: &str) -> Option<i64> {
    const NUMBERS: [&str; 10] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    match word {
        "a" | "an" => Some(1),
        word => NUMBERS
            .iter()
            .position(|known| *known == word)
            .map(|place| place as i64 + 1),
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(name: &str) -> Option<Month> {
    let place = MONTHS.iter().position(|known| *known == name)?;
    Month::try_from(u8::try_from(place).ok()? + 1).ok()
}

/// The next such date that is not before `day`.
fn on_date(day: Date, month: Month, of_month: &str) -> Option<Date> {
    let number = of_month.trim_end_matches(|c: char| c.is_alphabetic()).parse().ok()?;
    let in_year = |year| Date::from_calendar_date(year, month, number).ok();
    in_year(day.year())
        .filter(|date| *date >= day)
        .or_else(|| in_year(day.year() + 1))
}

fn on_or_after(day: Date, weekday: Weekday) -> Option<Date> {
    let ahead = (weekday.number_days_from_monday() + 7 - day.weekday().number_days_from_monday()) % 7;
    day.checked_add(Duration::days(i64::from(ahead)))
}

fn monday_of_next_week(day: Date) -> Option<Date> {
    on_or_after(day.next_day()?, Weekday::Monday)
}

fn last_of_month(day: Date) -> Option<Date> {
    day.replace_day(day.month().length(day.year())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn words_that_name_one_day_have_it_and_others_have_none() {
        // A Wednesday.
        let day = date!(2026 - 11 - 25);
        for (words, expected) in [
            ("today", Some(day)),
            ("by the end of the day", Some(day)),
            ("eod", Some(day)),
            ("tomorrow morning", Some(date!(2026 - 11 - 26))),
            ("by friday", Some(date!(2026 - 11 - 27))),
            ("wednesday", Some(date!(2026 - 12 - 02))),
            ("before the end of the week", Some(date!(2026 - 11 - 27))),
            ("next tuesday", Some(date!(2026 - 12 - 01))),
            ("next friday", Some(date!(2026 - 12 - 04))),
            ("by the end of next week", Some(date!(2026 - 12 - 04))),
            ("in two days", Some(date!(2026 - 11 - 27))),
            ("within a week", Some(date!(2026 - 12 - 02))),
            ("in three months", Some(date!(2027 - 02 - 25))),
            ("by the end of the month", Some(date!(2026 - 11 - 30))),
            ("on march 3rd", Some(date!(2027 - 03 - 03))),
            ("by december 1st", Some(date!(2026 - 12 - 01))),
            ("february 31", None),
            ("next week", None),
            ("the next meeting", None),
            ("this quarter", None),
            ("", None),
            ("by", None),
        ] {
            assert_eq!(day_of(words, day), expected, "{words}");
        }
        assert_eq!(day_of("tomorrow", Date::MAX), None);
    }
}
