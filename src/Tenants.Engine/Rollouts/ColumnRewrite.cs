using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// Refuses a new column of a domain for which the server would write the whole table anew, under the strongest lock: one with a
/// constraint, against which each row is held, or with a default of its own, which would be the rows' tenant.
/// </summary>
internal static class ColumnRewrite
{
    private const string Query = """
        with recursive chain(oid, next, is_bound) as (
            select t.oid, t.typbasetype, t.typnotnull or t.typdefault is not null from pg_catalog.pg_type t
            where t.oid = pg_catalog.to_regtype($1) and t.typtype = 'd'
            union all
            select t.oid, t.typbasetype, t.typtype = 'd' and (t.typnotnull or t.typdefault is not null) from chain c join pg_catalog.pg_type t on t.oid = c.next)
        select coalesce(pg_catalog.bool_or(c.is_bound or exists (select from pg_catalog.pg_constraint k where k.contypid = c.oid)), false) from chain c
        """;

    /// <summary>Fails where adding the column would.</summary>
    /// <exception cref="TenantException"><c>ColumnTypeNotSupported</c>.</exception>
    public static async Task EnsureNoneAsync(NpgsqlConnection connection, TableState root, EnableRequest request, CancellationToken cancellationToken)
    {
        if (root.Column is not null || request.Type is not { } type)
        {
            return;
        }

        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = type } } };
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            return;
        }

        throw new TenantException(
            "ColumnTypeNotSupported",
            TenantErrorKind.NotSupported,
            $"A new column of {root.DisplayName} cannot be of the type {type} while the table is in use: that is a domain with a constraint or a default, so the server would write the whole table anew, under a lock that stops everybody. Ask for {request.BaseType ?? "the type under it"}; or add the column by yourself when the table is not in use, and run this again: alter table {root.QuotedName} add column {Quote.Identifier(request.Column ?? TenantTables.DefaultColumn)} {type}")
        {
            Table = root.DisplayName,
            Target = root.DisplayName,
        };
    }
}
