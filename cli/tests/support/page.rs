//! The commands that a Markdown page shows: in blocks of `sh` and `console`, and between backticks.

/// A command as a page shows it.
pub(crate) struct Shown {
    /// Where: `README.md:22`.
    pub(crate) place: String,
    pub(crate) text: String,
    /// What stands below it in a block of `console`.
    pub(crate) output: Vec<String>,
}

/// Commands of blocks, block by block.
pub(crate) fn blocks(page: &str, markdown: &str) -> Vec<Vec<Shown>> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(markdown.lines());
    while let Some((_, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let body = lines.by_ref().take_while(|(_, line)| !line.trim_start().starts_with("```"));
        let body: Vec<_> = body.collect();
        match language {
            "sh" => blocks.push(scripted(page, &body)),
            "console" => blocks.push(typed(page, &body)),
            _ => {}
        }
    }
    blocks
}

/// A script: each line is a command, unless the one before it goes on.
fn scripted(page: &str, body: &[(usize, &str)]) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut goes_on = false;
    for (number, line) in body {
        let (text, continues) = continued(line);
        match shown.last_mut().filter(|_| goes_on) {
            Some(last) => last.text += text,
            None if text.trim().is_empty() => continue,
            None => shown.push(new(page, *number, text)),
        }
        goes_on = continues;
    }
    shown
}

/// What was typed behind a `$`, and what came then.
fn typed(page: &str, body: &[(usize, &str)]) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut goes_on = false;
    for (number, line) in body {
        if let Some(command) = line.strip_prefix("$ ") {
            let (text, continues) = continued(command);
            shown.push(new(page, *number, text));
            goes_on = continues;
            continue;
        }
        let last = shown.last_mut().unwrap_or_else(|| panic!("{page}:{number}: no command above"));
        if goes_on {
            let (text, continues) = continued(line);
            last.text += text;
            goes_on = continues;
        } else {
            last.output.push((*line).to_owned());
        }
    }
    shown
}

fn new(page: &str, number: usize, text: &str) -> Shown {
    Shown { place: format!("{page}:{number}"), text: text.to_owned(), output: Vec::new() }
}

/// A line, and whether the next one goes on with it.
fn continued(line: &str) -> (&str, bool) {
    match line.strip_suffix('\\') {
        Some(line) => (line, true),
        None => (line, line.ends_with(['|', '&'])),
    }
}

/// What stands between backticks, outside blocks; a space where it goes over the end of a line.
pub(crate) fn spans(page: &str, markdown: &str) -> Vec<Shown> {
    let mut spans = Vec::new();
    let mut open: Option<Shown> = None;
    let mut is_block = false;
    for (number, line) in (1..).zip(markdown.lines()) {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        }
        if is_block || line.trim().is_empty() || line.trim_start().starts_with("```") {
            open = None; // a paragraph ends
            continue;
        }
        for (position, piece) in line.split('`').enumerate() {
            if position > 0 {
                match open.take() {
                    Some(span) => spans.push(span),
                    None => open = Some(new(page, number, "")),
                }
            }
            if let Some(span) = &mut open {
                span.text += piece;
            }
        }
        if let Some(span) = &mut open {
            span.text.push(' ');
        }
    }
    spans
}

/// The simple commands of a line of shell as words: without quotes, comments, and what is between
/// the commands.
pub(crate) fn words(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let (mut quote, mut depth) = (None, 0);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // A substitution is part of its word.
            (None, '(') if word.as_ref().is_some_and(|word| word.ends_with('$')) => {
                depth += 1;
                word.get_or_insert_default().push(c);
            }
            (None, ')') if depth > 0 => {
                depth -= 1;
                word.get_or_insert_default().push(c);
            }
            (None, '#') if word.is_none() && depth == 0 => break,
            (None, ' ' | '|' | '&' | ';' | '(' | ')') if depth == 0 => {
                commands.last_mut().expect("one at least").extend(word.take());
                if c != ' ' {
                    commands.push(Vec::new());
                }
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    commands.last_mut().expect("one at least").extend(word);
    commands.retain(|words| !words.is_empty());
    commands
}

/// A command without the comment behind it.
pub(crate) fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        let before = &line[..*at];
        let is_quoted =
            before.matches('\'').count() % 2 == 1 || before.matches('"').count() % 2 == 1;
        !is_quoted && (before.is_empty() || before.ends_with(' '))
    });
    line[..comment.map_or(line.len(), |(at, _)| at)].trim()
}

/// Whether a line that a page shows is this line of the output. Decimal fractions differ from run
/// to run, and `…` stands for anything; all else is compared.
pub(crate) fn is_alike(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (without_fractions(shown), without_fractions(printed));
    let mut pieces = shown.split('…');
    let Some(mut rest) = printed.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut ends = rest.is_empty();
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        ends = piece.is_empty() || rest.ends_with(piece);
        rest = &rest[at + piece.len()..];
    }
    ends
}

/// Spaces are one space, and a number with a point is `#`.
fn without_fractions(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let number = word.trim_matches(|c: char| !c.is_ascii_digit());
        let is_fraction = number.parse::<f64>().is_ok() && number.contains('.');
        if is_fraction { word.replace(number, "#") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}
