//! Parameters: declared, given, constrained.

use super::Reader;
use crate::document::Node;
use crate::model::Named;
use crate::scope;

impl Reader<'_> {
    /// Puts a node's parameter declarations into the scope, `given` values first. Global ones are kept for conditions.
    pub(super) fn declare(&mut self, node: &Node, given: &[(String, String)]) {
        let declarations = node.child("ParameterDeclarations");
        for declaration in declarations
            .into_iter()
            .flat_map(|node| node.all("ParameterDeclaration"))
        {
            let name = self.text(declaration, "name");
            let value = match given.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => value.clone(),
                None => self.declared_value(declaration, declarations),
            };
            let kind = self.text(declaration, "parameterType");
            let is_number = matches!(
                kind.as_str(),
                "double" | "integer" | "int" | "unsignedInt" | "unsignedShort"
            );
            if is_number && scope::number(&value).is_none() {
                let message = format!("parameter `{name}` is `{value}`, expected {kind}");
                self.wrong(declaration.place, &declaration.name, message, "write a number");
            }
            self.scope.set(&name, value.clone());
            self.constrain(declaration, &name, &value);
            match self.parameters.iter_mut().find(|known| known.name == name) {
                Some(known) => known.value = value,
                None => self.parameters.push(Named { name, kind, value }),
            }
        }
    }

    /// The value of a declaration, which may use those before it; `0` once it is told that it cannot be known.
    pub(super) fn declared_value(&mut self, declaration: &Node, all: Option<&Node>) -> String {
        let written = declaration.attribute("value").map_or("", |value| value.value.as_str());
        let later = all.into_iter().flat_map(|all| &all.children);
        let mut later = later.filter_map(|node| node.attribute("name").map(|name| name.value.as_str()));
        if self.scope.resolve(written).is_ok() {
            return self.text(declaration, "value");
        }
        match later.find(|name| self.scope.get(name).is_none() && uses(written, name)) {
            Some(name) => {
                let message = format!("`value` is `{written}`, and `{name}` has no value yet");
                let hint = "a parameter may use those declared before it: change the order, or break the circle";
                self.wrong(declaration.place, &declaration.name, message, hint);
            }
            None => {
                self.text(declaration, "value");
            }
        }
        "0".to_owned()
    }

    /// A parameter's constraint groups: one of them must hold as a whole.
    pub(super) fn constrain(&mut self, declaration: &Node, name: &str, value: &str) {
        let groups: Vec<&Node> = declaration.all("ConstraintGroup").collect();
        let mut holds = groups.is_empty();
        for group in &groups {
            let mut all = true;
            for constraint in group.all("ValueConstraint") {
                let rule = self.rule(constraint);
                let against = self.text(constraint, "value");
                all &= crate::compare::texts(value, rule, &against);
            }
            holds |= all;
        }
        if !holds {
            let message = format!("parameter `{name}` is `{value}`, which none of its constraint groups allows");
            self.wrong(
                declaration.place,
                &declaration.name,
                message,
                "give it a value within <ConstraintGroup>",
            );
        }
    }
}

/// Whether an expression uses a parameter.
fn uses(expression: &str, name: &str) -> bool {
    let names = expression.split('$').skip(1);
    let mut names = names.map(|rest| rest.trim_start_matches('{'));
    names.any(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        &rest[..end.unwrap_or(rest.len())] == name
    })
}
