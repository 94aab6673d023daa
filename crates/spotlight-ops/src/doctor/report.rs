//! Everything that was seen.

use serde_json::{Value, json};

use super::{Finding, Severity};

/// Everything that was seen, what matters most first.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Of these findings.
    pub fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Self { findings }
    }

    /// What was found, what matters most first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst of them.
    pub fn worst(&self) -> Severity {
        self.findings.first().map_or(Severity::Fine, |finding| finding.severity)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({ "severity": self.worst(), "findings": self.findings })
    }

    /// For people. `colours` are those of a terminal.
    pub fn text(&self, colours: bool) -> String {
        let mut lines = Vec::new();
        for finding in &self.findings {
            let severity = paint(finding.severity, colours);
            lines.push(format!("{severity}  {}: {}", finding.area, indented(&finding.evidence)));
            if !finding.why.is_empty() {
                lines.push(format!("          why   {}", finding.why));
            }
            if !finding.remedy.is_empty() {
                lines.push(format!("          do    {}", indented(&finding.remedy)));
            }
        }
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        lines.push(format!(
            "\n{} critical, {} warnings, {} notices, {} fine",
            count(Severity::Critical),
            count(Severity::Warning),
            count(Severity::Notice),
            count(Severity::Fine)
        ));
        lines.join("\n")
    }
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n                ")
}

fn paint(severity: Severity, colours: bool) -> String {
    let code = match severity {
        Severity::Fine => 32,
        Severity::Notice => 36,
        Severity::Warning => 33,
        Severity::Critical => 31,
    };
    if colours { format!("\u{1b}[{code}m{severity:<8}\u{1b}[0m") } else { format!("{severity:<8}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_comes_first_and_decides_how_it_ends() {
        let low = Finding::new(Severity::Warning, "machine.memory", "91 % in use").because("why").then("do\nthis");
        let report = Report::new(vec![Finding::fine("program", "0.1.0"), low, Finding::fine("redis", "7.2")]);
        assert_eq!((report.worst(), report.worst().exit_code()), (Severity::Warning, 3));
        let text = report.text(false);
        let expected = "warning   machine.memory: 91 % in use\n          why   why\n          do    do\n                this\n\
                        fine      program: 0.1.0\n";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("0 critical, 1 warnings, 0 notices, 2 fine"), "{text}");
        assert!(!text.contains('\u{1b}') && report.text(true).contains("\u{1b}[33mwarning"));
        assert_eq!(report.json()["findings"][1], json!({"area": "program", "severity": "fine", "evidence": "0.1.0"}));
        assert_eq!(Report::new(Vec::new()).worst().exit_code(), 0);
    }
}
