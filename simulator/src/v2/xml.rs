//! Flat XML, read strictly and written with CDATA.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

/// A request's parameters.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    values: BTreeMap<String, String>,
    in_cdata: Vec<String>,
}

impl Parameters {
    /// A parameter's text; an empty one counts as absent, as in the signature.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the value was written as a CDATA section.
    pub(crate) fn is_cdata(&self, name: &str) -> bool {
        self.in_cdata.iter().any(|known| known == name)
    }
}

/// Reads `<xml><name>value</name>…</xml>`; the error says what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Parameters, String> {
    // An empty document type passes the parser, so it is looked for in the text before the root.
    let prolog = text.split("<xml").next().unwrap_or_default();
    if prolog.contains("<!") {
        return Err("a document type or comment before the root".to_owned());
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: 1000,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|e| e.to_string())?;
    let root = document.root_element();
    if root.tag_name().name() != "xml" || root.tag_name().namespace().is_some() {
        return Err("the root element is not <xml>".to_owned());
    }
    let mut parameters = Parameters::default();
    for node in root.children() {
        if node.is_text() && node.text().is_none_or(|text| text.trim().is_empty()) {
            continue;
        }
        if !node.is_element() || node.attributes().len() > 0 {
            return Err("something else than plain elements under <xml>".to_owned());
        }
        let name = node.tag_name().name().to_owned();
        let value = value_of(node).ok_or_else(|| format!("<{name}> holds more than text"))?;
        if text[node.range()].contains("<![CDATA[") {
            parameters.in_cdata.push(name.clone());
        }
        if parameters.values.insert(name.clone(), value).is_some() {
            return Err(format!("<{name}> occurs twice"));
        }
    }
    Ok(parameters)
}

fn value_of(node: Node<'_, '_>) -> Option<String> {
    node.children()
        .map(|child| child.is_text().then(|| child.text()).flatten())
        .collect()
}

/// Writes `fields` under `<root>` in their order, every value as CDATA.
pub(crate) fn write<'a>(
    root: &str,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut text = format!("<{root}>\n");
    for (name, value) in fields {
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>\n"));
    }
    text.push_str(&format!("</{root}>"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cdata_and_entities_are_read_alike() {
        let parameters = read(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n<a>1</a><b><![CDATA[<&>]]></b>\
             <c>&lt;&amp;&#x4e2d;</c><d/><e>x<![CDATA[y]]>z</e></xml>\n",
        )
        .unwrap();
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), Some("<&>"));
        assert_eq!(parameters.get("c"), Some("<&中"));
        assert_eq!(parameters.get("d"), None);
        assert_eq!(parameters.get("e"), Some("xyz"));
        assert!(parameters.is_cdata("b") && !parameters.is_cdata("a"));
    }

    #[test]
    fn everything_but_a_flat_document_is_refused() {
        for text in [
            "",
            "appid=1",
            "{\"appid\":1}",
            "<xml><a>1</xml>",
            "<xml><a>1</a></xml><xml/>",
            "<root><a>1</a></root>",
            "<xml><a>1</a><a>1</a></xml>",
            "<xml><a><b>1</b></a></xml>",
            "<xml><a x=\"1\">1</a></xml>",
            "<xml>loose<a>1</a></xml>",
            "<xml><!-- note --><a>1</a></xml>",
            "<xml><?pi?><a>1</a></xml>",
            "<!DOCTYPE xml><xml><a>1</a></xml>",
            "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"http://example.com/\">]><xml><a>&xxe;</a></xml>",
            "<xml><a>&unknown;</a></xml>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let fields = [("a", "]]>"), ("b", "<x>&中文"), ("c", "plain")];
        let text = write("xml", fields);
        let parameters = read(&text).unwrap();
        for (name, value) in fields {
            assert_eq!(parameters.get(name), Some(value));
        }
    }
}
