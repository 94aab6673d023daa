//! `spotlight explain`.

use serde_json::{Value, json};
use spotlight_core::{Error, ErrorKind, Result};
use spotlight_storage::postgres::{Statement, statements};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Options, db::on_postgres, print};

/// What stands before the name of each.
const COMMON: &str = "spotlight_storage::postgres::";

/// Says how the server means to run a statement of the platform's; without a name, which there are.
pub(super) fn run(options: &Options, name: Option<&str>) -> Result<()> {
    let every = statements()?;
    let Some(name) = name else {
        let names: Vec<_> = every.iter().map(short).collect();
        return print(&if options.json { format!("{:#}", json!(names)) } else { names.join("\n") });
    };
    let statement =
        every.iter().find(|one| short(one) == name || one.name == name).ok_or_else(|| unknown(&every, name))?;
    if options.json {
        let plan =
            on_postgres(options, async |c| explained::<sqlx::types::Json<Value>>(c, statement, "(FORMAT JSON)").await)?;
        let plan = plan.into_iter().next().map(|plan| plan.0);
        return print(&format!("{:#}", json!({ "name": short(statement), "sql": statement.sql, "plan": plan })));
    }
    let plan = on_postgres(options, async |c| explained::<String>(c, statement, "").await)?;
    let sql = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    print(&format!("{sql}\n\n{}", plan.join("\n")))
}

fn short(statement: &Statement) -> &str {
    statement.name.strip_prefix(COMMON).unwrap_or(&statement.name)
}

/// The plan for values that are not known, which is what a prepared statement runs by. Nothing is run.
async fn explained<T>(c: &mut PgConnection, statement: &Statement, form: &'static str) -> sqlx::Result<Vec<T>>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE explained AS {}", statement.sql);
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *c).await?;
    let wanted: i64 = sqlx::query_scalar(
        "SELECT coalesce(cardinality(parameter_types), 0)::bigint FROM pg_prepared_statements WHERE name = 'explained'",
    )
    .fetch_one(&mut *c)
    .await?;
    let values = vec!["NULL"; usize::try_from(wanted).unwrap_or_default()].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {form} EXECUTE explained{values}"))).fetch_all(c).await
}

fn unknown(every: &[Statement], name: &str) -> Error {
    let near = every
        .iter()
        .map(short)
        .max_by(|one, other| strsim::jaro_winkler(one, name).total_cmp(&strsim::jaro_winkler(other, name)));
    let near = near.map_or_else(String::new, |near| format!("; the nearest is {near}"));
    let text = format!("there is no query called {name}{near}: `spotlight explain` alone lists them");
    Error::new(ErrorKind::NotFound, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_told_with_what_was_meant() {
        let every = statements().expect("every statement");
        let error = unknown(&every, "lead::GETT").to_string();
        assert!(error.contains("the nearest is lead::GET:"), "{error}");
        assert!(every.iter().all(|one| !short(one).starts_with(COMMON)));
    }
}
