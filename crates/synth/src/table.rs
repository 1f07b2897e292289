//! A CSV text that grows by rows, in the form that city folders have.

/// A table with its columns as its first line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn of(columns: &str) -> Table {
        Table(format!("{columns}\n"))
    }

    /// Goes on where a text that already holds rows ends.
    pub(crate) fn after(text: &str) -> Table {
        let mut text = text.to_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Table(text)
    }

    pub(crate) fn row(&mut self, cells: &[&str]) {
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.0.push(',');
            }
            if cell.contains([',', '"']) {
                self.0.push('"');
                self.0.push_str(&cell.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(cell);
            }
        }
        self.0.push('\n');
    }

    pub(crate) fn text(self) -> String {
        self.0
    }
}
