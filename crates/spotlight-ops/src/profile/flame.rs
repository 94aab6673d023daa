//! Stacks, drawn as a flame graph: the wider a box, the more often it was met; what it called stands on it.

use std::{collections::BTreeMap, fmt::Write as _};

use spotlight_derive::RedactedDebug;

/// Width of the drawing, in pixels.
const WIDTH: f64 = 1200.0;
/// Height of a box.
const ROW: usize = 18;
/// Boxes that are narrower are left out.
const NARROWEST: f64 = 0.3;
/// Width of a letter.
const LETTER: f64 = 6.8;

/// How often which stacks were met.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct Stacks {
    root: Frame,
}

#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
struct Frame {
    count: u64,
    calls: BTreeMap<String, Frame>,
}

impl Stacks {
    /// Reads lines such as `outermost;inner;innermost 7`. What is no such line is passed over.
    pub fn read(folded: &str) -> Self {
        let mut stacks = Self::default();
        for (stack, count) in folded.lines().filter_map(|line| line.rsplit_once(' ')) {
            let Ok(count) = count.parse::<u64>() else { continue };
            let mut frame = &mut stacks.root;
            frame.count += count;
            for name in stack.split(';') {
                frame = frame.calls.entry(name.to_owned()).or_default();
                frame.count += count;
            }
        }
        stacks
    }

    /// How many samples there are.
    pub fn samples(&self) -> u64 {
        self.root.count
    }

    /// What the processors were in most often, with how often: the innermost functions.
    pub fn busiest(&self, most: usize) -> Vec<(&str, u64)> {
        let mut own = BTreeMap::new();
        let mut open: Vec<_> = self.root.calls.iter().collect();
        while let Some((name, frame)) = open.pop() {
            let called: u64 = frame.calls.values().map(|call| call.count).sum();
            *own.entry(name.as_str()).or_insert(0) += frame.count - called;
            open.extend(&frame.calls);
        }
        let mut own: Vec<_> = own.into_iter().filter(|(_, count)| *count > 0).collect();
        own.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        own.truncate(most);
        own
    }
}

impl Frame {
    fn depth(&self) -> usize {
        self.calls.values().map(|call| call.depth() + 1).max().unwrap_or(0)
    }
}

/// The drawing, as SVG that any browser shows: a box tells its whole name and its share when it is pointed at.
pub fn flame_graph(stacks: &Stacks, title: &str) -> String {
    let rows = stacks.root.depth() + 1;
    let height = (rows + 2) * ROW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"ui-monospace, monospace\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"4\" y=\"14\" font-weight=\"bold\">{}, {} samples</text>\n",
        escaped(title),
        stacks.samples()
    );
    let mut open = vec![("all", &stacks.root, 0.0, 0)];
    while let Some((name, frame, left, row)) = open.pop() {
        let width = share(frame.count, stacks.samples()) * WIDTH;
        if width < NARROWEST {
            continue;
        }
        draw(&mut svg, name, frame.count, stacks.samples(), (left, height - (row + 1) * ROW, width));
        let mut left = left;
        for (name, call) in &frame.calls {
            open.push((name, call, left, row + 1));
            left += share(call.count, stacks.samples()) * WIDTH;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn share(count: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { count as f64 / all as f64 }
}

fn draw(svg: &mut String, name: &str, count: u64, all: u64, (x, y, width): (f64, usize, f64)) {
    let percent = share(count, all) * 100.0;
    let (red, green, blue) = colour(name);
    let height = ROW - 1;
    // Writing into a text cannot fail.
    let _ = writeln!(
        svg,
        "<g><title>{}: {count} samples, {percent:.1} %</title><rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" \
         height=\"{height}\" rx=\"1\" fill=\"rgb({red},{green},{blue})\"/><text x=\"{:.1}\" y=\"{}\">{}</text></g>",
        escaped(name),
        x + 3.0,
        y + 13,
        escaped(&fitted(name, width)),
    );
}

/// As much of a name as the box has room for: its end, which says most.
fn fitted(name: &str, width: f64) -> String {
    let room = (width / LETTER) as usize;
    let length = name.chars().count();
    match room {
        0..3 => String::new(),
        _ if length <= room => name.to_owned(),
        _ => format!("…{}", name.chars().skip(length + 1 - room).collect::<String>()),
    }
}

/// A warm colour that is the same for a name in every drawing.
fn colour(name: &str) -> (u8, u8, u8) {
    let mixed = name.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let [a, b, c, _] = mixed.to_be_bytes();
    (205 + a % 50, 120 + b % 100, 60 + c % 60)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDED: &str = "web;main;serve<A>;read 60\nweb;main;serve<A>;write 30\nweb;main 9\nno count\njobs;work 1\n";

    #[test]
    fn stacks_are_counted_where_they_part() {
        let stacks = Stacks::read(FOLDED);
        assert_eq!(stacks.samples(), 100);
        assert_eq!(stacks.busiest(3), [("read", 60), ("write", 30), ("main", 9)]);
        assert_eq!(Stacks::read("").busiest(3), []);
    }

    #[test]
    fn boxes_are_as_wide_as_they_are_often_and_stand_on_their_callers() {
        let svg = flame_graph(&Stacks::read(FOLDED), "Spotlight & Co");
        for part in [
            "<title>all: 100 samples, 100.0 %</title><rect x=\"0.0\"",
            "<title>serve&lt;A&gt;: 90 samples, 90.0 %</title>",
            "<title>read: 60 samples, 60.0 %</title>",
            "width=\"720.0\"",
            "Spotlight &amp; Co, 100 samples",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        let (row, read) = (|name: &str| svg.lines().find(|line| line.contains(name)).expect("a box"), "<title>read");
        let y = |line: &str| line.split(" y=\"").nth(1).and_then(|y| y.split('"').next()?.parse::<u32>().ok());
        assert!(y(row(read)) < y(row("<title>serve")), "what is called stands higher");
        assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count());
        assert!(flame_graph(&Stacks::default(), "nothing").contains("0 samples"));
    }

    #[test]
    fn names_are_cut_to_their_box() {
        assert_eq!(fitted("spotlight_core::turn", 68.0), "…ore::turn");
        assert_eq!([fitted("a", 300.0), fitted("abcdef", 10.0)], ["a".to_owned(), String::new()]);
    }
}
