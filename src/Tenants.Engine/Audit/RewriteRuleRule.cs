using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>What a rule adds to a statement runs as the table's owner, not as whoever sent the statement.</summary>
internal sealed class RewriteRuleRule : TableRule<string>
{
    public override string Sql => """
        select r.rulename::text from pg_catalog.pg_rewrite r where r.ev_class = $1 and r.ev_type <> '1' order by r.rulename
        """;

    protected override string Read(DbDataReader row) => row.GetString(0);

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<string> rows)
    {
        var reach = table.IsOwnerBypassing
            ? $"as the table's owner {table.Owner}, whom no policy binds, so they reach all tenants' rows"
            : $"as the table's owner {table.Owner}, and only FORCE binds him";
        yield return $"{table.Name}: rules rewrite statements: {Listing.Of(rows)}. What they add runs {reach}. Use triggers instead:{Listing.Statements(rows.Select(r => $"drop rule {Quote.Identifier(r)} on {table.Quoted}"))}";
    }
}
