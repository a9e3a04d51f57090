using System.Text;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Sql;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Measuring;

/// <summary>
/// The same question without row security: each tenant table that a statement names is hidden by a WITH query of that name, which holds the tenant's rows. The server
/// puts those in line (NOT MATERIALIZED), so they are planned as a condition written by hand would be. What it reads through a view or a function stays as it is: the plan shows it.
/// </summary>
/// <param name="Sql">The statement; its parameters are those of the original.</param>
/// <param name="Tables">The tenant tables that it names.</param>
internal sealed record TenantCondition(string Sql, IReadOnlyList<TenantTable> Tables)
{
    /// <summary>Writes the statement anew.</summary>
    /// <param name="sql">The statement, its parameters numbered.</param>
    /// <param name="tables">All tenant tables.</param>
    /// <param name="path">The schemas in which names without one are looked up.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="tenant">The tenant.</param>
    /// <returns>Null where two tenant tables of one name are named: one cannot hide both.</returns>
    public static TenantCondition? Write(string sql, IReadOnlyList<TenantTable> tables, IReadOnlyList<string> path, Installation installation, TenantId tenant)
    {
        var tokens = StatementSplitter.Split(sql)[0].Tokens;
        var named = new List<TenantTable>();
        var text = new StringBuilder();
        var copied = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (NameOf(sql, tokens[i]) is not { } name || (i > 0 && tokens[i - 1].IsPunctuation(sql, '.')))
            {
                continue;
            }

            // schema.table, and then perhaps .column: the schema is left away.
            if (i + 2 < tokens.Count && tokens[i + 1].IsPunctuation(sql, '.') && NameOf(sql, tokens[i + 2]) is { } second
                && tables.FirstOrDefault(t => t.Schema == name && t.Name == second) is { } qualified)
            {
                named.Add(qualified);
                text.Append(sql, copied, tokens[i].Start - copied);
                copied = tokens[i + 2].Start;
            }
            else if (path.Select(schema => tables.FirstOrDefault(t => t.Schema == schema && t.Name == name)).FirstOrDefault(t => t is not null) is { } bare)
            {
                named.Add(bare);
            }
        }

        named = [.. named.DistinctBy(t => t.Oid)];
        if (named.Select(t => t.Name).Distinct().Count() < named.Count)
        {
            return null;
        }

        text.Append(sql, copied, sql.Length - copied);
        var hiding = named.Select(t => $"{Quote.Identifier(t.Name)} as not materialized (select * from {t.QuotedName} where {Condition(t, installation, tenant)})");

        // On a line of its own: the statement may end in a comment. One WITH does not take another right after it.
        var select = tokens.First(t => !t.IsPunctuation(sql, '(')).IsWord(sql, "WITH") ? $"select * from (\n{text}\n) measured" : $"(\n{text}\n)";
        return new TenantCondition(named.Count == 0 ? text.ToString() : $"with {string.Join(", ", hiding)} {select}", named);
    }

    // As the policy says it, with the tenant in place of the function.
    private static string Condition(TenantTable table, Installation installation, TenantId tenant)
    {
        var isText = table.ColumnType is not ("integer" or "bigint" or "uuid" or "smallint");
        return $"{table.QuotedColumn} operator(pg_catalog.=) {Quote.Literal(tenant.Value)}::pg_catalog.{(isText ? "text" : installation.SqlType switch { "integer" => "int4", "bigint" => "int8", var type => type })}";
    }

    private static string? NameOf(string sql, SqlToken token) => token.Kind switch
    {
        SqlTokenKind.Word => token.In(sql).ToString().ToLowerInvariant(),
        SqlTokenKind.QuotedName when sql[token.Start] == '"' => token.In(sql)[1..^1].ToString().Replace("\"\"", "\"", StringComparison.Ordinal),
        _ => null,
    };
}
