using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Audit;

/// <summary>What makes a table less tight than it looks, and who will see what of it.</summary>
/// <param name="Warnings">What to mend, each with the mend.</param>
/// <param name="Questions">What to ask before the table is enforced.</param>
/// <param name="Access">Each login with rights on the table, and what it will see.</param>
/// <param name="AccessText">The access list in a few lines.</param>
internal sealed record TableAudit(
    IReadOnlyList<string> Warnings, IReadOnlyList<string> Questions, IReadOnlyList<TenantTableAccess> Access, IReadOnlyList<string> AccessText)
{
    private static readonly ITableRule[] s_rules =
    [
        new PolicyRule(),
        new ViewRule(),
        new MaterializedViewRule(),
        new DefinerFunctionRule(),
        new TriggerRule(),
        new RewriteRuleRule(),
        new ForeignChildRule(),
        new RightsRule(),
        new UniqueIndexRule(),
        new ForeignKeyRule(),
        new UnusedIndexRule(),
        new ReplicationRule(),
        new DefaultPrivilegeRule(),
        new SchemaRule(),
    ];

    /// <summary>Looks at a table, before or after it is enforced.</summary>
    /// <param name="connection">The admin's connection.</param>
    /// <param name="installation">What lies in the database, or will once a plan has run.</param>
    /// <param name="table">The table's OID.</param>
    /// <param name="column">Its tenant column, which may not be there yet.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TableAudit> ReadAsync(
        NpgsqlConnection connection, Installation installation, uint table, string column, CancellationToken cancellationToken)
    {
        var audited = await AuditedTable.ReadAsync(connection, installation, table, column, cancellationToken).ConfigureAwait(false);
        var warnings = await ApplyRulesAsync(connection, audited, cancellationToken).ConfigureAwait(false);
        var logins = await AccessReader.ReadAsync(connection, audited, cancellationToken).ConfigureAwait(false);
        var access = TableAccess.List(logins);
        return new TableAudit(warnings, [.. TableAccess.Questions(audited, logins)], access, [.. TableAccess.Describe(audited, access)]);
    }

    /// <summary>Looks at a table, before or after it is enforced.</summary>
    public static Task<TableAudit> ReadAsync(
        NpgsqlConnection connection, Installation installation, TableInfo table, string column, CancellationToken cancellationToken) =>
        ReadAsync(connection, installation, table.Oid, column, cancellationToken);

    // All questions in one round trip: a plan for many tables would wait for the network otherwise.
    private static async Task<List<string>> ApplyRulesAsync(NpgsqlConnection connection, AuditedTable table, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(SetPath("pg_catalog, pg_temp"));
        foreach (var rule in s_rules)
        {
            batch.BatchCommands.Add(Ask(rule, table));
        }

        batch.BatchCommands.Add(SetPath(table.SearchPath));
        var warnings = new List<string>();
        await using var answers = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        foreach (var rule in s_rules)
        {
            await answers.NextResultAsync(cancellationToken).ConfigureAwait(false);
            warnings.AddRange(await rule.JudgeAsync(table, answers, cancellationToken).ConfigureAwait(false));
        }

        return warnings;
    }

    // What the server writes out (signatures, expressions) leaves schemas away that the path holds, and the mend is to be pasted elsewhere.
    private static NpgsqlBatchCommand SetPath(string path) => new("select pg_catalog.set_config('search_path', $1, true)")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = path } },
    };

    private static NpgsqlBatchCommand Ask(ITableRule rule, AuditedTable table) => new(rule.Sql)
    {
        Parameters =
        {
            new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
            new NpgsqlParameter<string> { TypedValue = table.Column },
            new NpgsqlParameter { Value = table.TenantRoles.Oids, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid },
            new NpgsqlParameter<string> { TypedValue = table.Installation.AdminRole },
        },
    };
}
