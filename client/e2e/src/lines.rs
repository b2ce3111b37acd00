//! What a program writes, line by line with the time, for whoever waits for one.

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::watch,
};

use crate::environment::Moment;

/// Lines of one stream that are kept; what comes after them is read and forgotten.
const KEPT_LINES: usize = 20_000;

/// A line with the time at which it was read.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was read.
    pub at: Moment,
    /// Without its end.
    pub text: String,
}

/// The lines of one stream.
#[derive(Clone, Debug)]
pub struct Lines {
    lines: watch::Receiver<Vec<Line>>,
}

impl Lines {
    /// Reads until the stream ends; the task ends with it.
    pub(crate) fn read(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let (sender, lines) = watch::channel(Vec::new());
        if let Some(stream) = stream {
            tokio::spawn(async move {
                let mut reader = BufReader::new(stream);
                let mut bytes = Vec::new();
                while let Ok(1..) = reader.read_until(b'\n', &mut bytes).await {
                    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                    bytes.clear();
                    sender.send_modify(|lines: &mut Vec<Line>| {
                        if lines.len() < KEPT_LINES {
                            lines.push(Line { at: Moment::now(), text });
                        }
                    });
                }
            });
        }
        Self { lines }
    }

    /// A copy of all lines.
    #[must_use]
    pub fn all(&self) -> Vec<Line> {
        self.lines.borrow().clone()
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.borrow().len()
    }

    /// The first line from `from` on in which `pick` finds something; `None` when the stream
    /// ended without one.
    pub async fn find<T>(
        &self,
        from: usize,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Option<(usize, T)> {
        let mut lines = self.lines.clone();
        let mut next = from;
        loop {
            {
                let seen = lines.borrow_and_update();
                while let Some(line) = seen.get(next) {
                    next += 1;
                    if let Some(found) = pick(&line.text) {
                        return Some((next, found));
                    }
                }
            }
            lines.changed().await.ok()?;
        }
    }

    /// The whole text, once the stream has ended.
    pub async fn whole(&self) -> String {
        self.find(0, |_| None::<()>).await;
        self.lines.borrow().iter().map(|line| format!("{}\n", line.text)).collect()
    }
}
