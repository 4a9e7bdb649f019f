//! A record as one page, in the dress of the other one.

use crate::{
    html::{self, Text},
    record::receive::Record,
    table::receive::{Table, tables},
};

/// The whole document.
pub fn page(record: &Record) -> String {
    let sections: String = tables(record).iter().enumerate().map(section).collect();
    let title = format!("Ammeter: the receiver on {}", record.host.cpu);
    let body = format!(
        "{}{sections}{}{}",
        header(record),
        made(record),
        html::machine(&record.host, &record.build)
    );
    html::document(&title, "", &body)
}

fn header(record: &Record) -> String {
    let mut notices = record.host.warnings.clone();
    if record.workload.interrupted {
        notices.push("the run was stopped early: rows are missing".into());
    }
    if record.workload.quick {
        notices.push("a quick run: few HTLCs, and none of the largest sizes".into());
    }
    format!(
        "<header>\n<p class=\"brand\">Ammeter</p>\n<h1>The receiver of Atomic Multi-Path \
         payments</h1>\n<p class=\"meta\"><span>{cpu}</span> <span>{started}</span></p>\n\
         {notices}</header>\n",
        cpu = Text(&record.host.cpu),
        started = Text(&record.workload.started),
        notices = html::notice_list(&notices),
    )
}

fn section((position, table): (usize, &Table)) -> String {
    let Table { title, note, columns, rows } = table;
    let head: String =
        columns.iter().map(|column| format!("<th scope=\"col\">{}</th>", Text(column))).collect();
    let row = |cells: &Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", Text(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows.iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"part-{position}\">\n<h2 id=\"part-{position}\">{title}</h2>\n\
         <p>{note}</p>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" \
         aria-labelledby=\"part-{position}\">\n<table>\n<thead><tr>{head}</tr></thead>\n\
         <tbody>\n{body}</tbody>\n</table>\n</div>\n</section>\n",
        title = Text(title),
        note = Text(note),
    )
}

fn made(record: &Record) -> String {
    format!(
        "<section aria-labelledby=\"made\">\n<h2 id=\"made\">How this was made</h2>\n\
         <pre><code>{}</code></pre>\n<p>Seed {}; record <code>{}</code>.</p>\n</section>\n",
        Text(&record.workload.command),
        record.workload.seed,
        Text(&record.schema),
    )
}
