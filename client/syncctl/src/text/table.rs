//! Aligned columns. Cells are escaped here, so that no caller can forget it.

use super::escape::{escape, shorten};
use super::look::{Look, Paint};

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: escape(text.as_ref()), paint: Paint::Plain }
    }

    /// Of at most so many characters.
    pub(crate) fn short(text: &str, characters: usize) -> Self {
        Self { text: shorten(text, characters), paint: Paint::Plain }
    }

    pub(crate) fn paint(mut self, paint: Paint) -> Self {
        self.paint = paint;
        self
    }
}

/// Rows under headings.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Columns as wide as their widest cell, the last one ragged.
    pub(crate) fn render(&self, look: &Look) -> String {
        let mut widths: Vec<usize> = self.headings.iter().map(|text| text.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        let heading = |text: &&'static str| Cell::new(text).paint(Paint::Heading);
        let headings: Vec<Cell> = self.headings.iter().map(heading).collect();
        let mut text = line(&headings, &widths, look);
        for row in &self.rows {
            text.push_str(&line(row, &widths, look));
        }
        text
    }
}

fn line(cells: &[Cell], widths: &[usize], look: &Look) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line.push_str(&look.paint(cell.paint, &cell.text));
        if index + 1 < cells.len() {
            let gap = width + 2 - cell.text.chars().count();
            line.extend(std::iter::repeat_n(' ', gap));
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::look::Color;
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["ID", "TAG"]);
        table.row(vec![Cell::new("1"), Cell::new("größe")]);
        table.row(vec![Cell::new("1000"), Cell::new("a\u{1b}b")]);
        expect![[r#"
            ID    TAG
            1     größe
            1000  a\u{1b}b
        "#]]
        .assert_eq(&table.render(&Look::plain()));
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut table = Table::new(&["A", "B"]);
        table.row(vec![Cell::new("xx").paint(Paint::Bad), Cell::new("y")]);
        let look = Look { color: Color::On, ..Look::plain() };
        let plain = table.render(&Look::plain());
        let coloured = table.render(&look);
        assert!(coloured.contains("\u{1b}[31mxx\u{1b}[0m  y"));
        assert_eq!(strip(&coloured), plain);
    }

    fn strip(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let mut stripped = parts.next().unwrap().to_owned();
        for part in parts {
            stripped.push_str(part.split_once('m').unwrap().1);
        }
        stripped
    }
}
