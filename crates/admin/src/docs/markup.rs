//! Putting text into a page: nothing of it is markup, but for what stands between backticks.

use std::fmt::Write;

/// A whole page.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n\
         <nav><a href=\"/docs\">API</a><a href=\"/docs/errors\">Errors</a>\
         <a href=\"/api/v1/openapi.json\">OpenAPI document</a></nav>\n<h1>{title}</h1>\n{body}</body>\n</html>\n",
        title = text(title),
    )
}

/// As it is.
pub fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// As it is, with what stands between backticks as code.
pub fn prose(words: &str) -> String {
    let mut parts = words.split('`');
    let mut marked = text(parts.next().unwrap_or_default());
    for (index, part) in parts.enumerate() {
        let tag = if index % 2 == 0 { "<code>" } else { "</code>" };
        let _ = write!(marked, "{tag}{}", text(part));
    }
    if words.matches('`').count() % 2 == 1 {
        marked.push_str("</code>");
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn nothing_but_code_is_markup() {
        assert_eq!(prose("a `b<c>` & d"), "a <code>b&lt;c&gt;</code> &amp; d");
        assert_eq!(prose("`all`"), "<code>all</code>");
        assert_eq!(prose("open ` end"), "open <code> end</code>");
    }
}
