//! A [`Table`] on a page.

use maud::{Markup, html};

use super::frame::section;
use crate::table::Table;

/// As a part of a page under its own heading; `content` stands between its note and its rows.
pub(super) fn part(id: &str, table: &Table, content: &Markup) -> Markup {
    let inside = html! {
        p { (table.note) }
        (content)
        (rows(id, table))
    };
    section(id, &table.title, &inside)
}

/// The table alone, named by the element `id`.
pub(super) fn rows(id: &str, table: &Table) -> Markup {
    let class = |column: usize| table.columns[column].is_words.then_some("words");
    html! {
        div class="scroll" role="region" tabindex="0" aria-labelledby=(id) {
            table class="plain" aria-labelledby=(id) {
                thead {
                    tr {
                        @for (column, head) in table.columns.iter().enumerate() {
                            th scope="col" class=[class(column)] { (head.name) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                td class=[class(column)] { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}
