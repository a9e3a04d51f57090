using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Rollouts;

/// <summary>What the module keeps of a rollout until it has ended: whose the rows without a tenant become.</summary>
/// <param name="Column">The tenant column.</param>
/// <param name="Tenant">One tenant's.</param>
/// <param name="Expression">Or what this gives for each, as the server writes it.</param>
/// <param name="Fits">It is this table's: OID and name are those noted, and the column is there. Else it is that of one which is gone.</param>
internal sealed record RolloutState(string Column, string? Tenant, string? Expression, bool Fits)
{
    /// <summary>The state of a table's rollout; null where none has begun.</summary>
    public static async Task<RolloutState?> ReadAsync(NpgsqlConnection connection, Installation? installation, uint root, CancellationToken cancellationToken)
    {
        // A database that an earlier version made has no such table.
        if (installation is null || installation.Version < Installation.CurrentVersion)
        {
            return null;
        }

        await using var command = new NpgsqlCommand(
            $"""
            select r."column"::text, r.tenant, r.expression,
                   exists (select from pg_catalog.pg_class c
                           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                           join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = r."column" and not a.attisdropped
                           where c.oid = r.member and c.relname = r.root_name and n.nspname = r.root_schema)
            from {installation.QuotedSchema}.rollout r where r.member = $1 and r."column" is not null
            """,
            connection)
        {
            Parameters = { Oid(root) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new RolloutState(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetBoolean(3))
            : null;
    }

    /// <summary>Notes that a table's rollout begins, or goes on. What was noted of tables that are gone goes.</summary>
    public static async Task BeginAsync(NpgsqlConnection connection, Installation installation, uint root, string column, Fill fill, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"""
                    delete from {installation.QuotedSchema}.rollout r
                    where not exists (select from pg_catalog.pg_class c where c.oid = r.root)
                       or (r.root = $1 and exists (
                           select from {installation.QuotedSchema}.rollout o
                           join pg_catalog.pg_class c on c.oid = o.member
                           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                           where o.member = $1 and (o.root_name is distinct from c.relname or o.root_schema is distinct from n.nspname)))
                    """)
                {
                    Parameters = { Oid(root) },
                },
                new NpgsqlBatchCommand($"""
                    insert into {installation.QuotedSchema}.rollout (member, root, root_schema, root_name, "column", tenant, expression)
                    select c.oid, c.oid, n.nspname, c.relname, $2, $3, $4
                    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = $1
                    on conflict (member) do update set
                        root_schema = excluded.root_schema, root_name = excluded.root_name,
                        "column" = excluded."column", tenant = excluded.tenant, expression = excluded.expression
                    """)
                {
                    Parameters = { Oid(root), Text(column), Text(fill.Expression is null ? fill.Tenant : null), Text(fill.Expression) },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The step that forgets it.</summary>
    public static PlanStep Forget(Installation installation, TableState root) => new(
        "the rollout has ended", $"delete from {installation.QuotedSchema}.rollout where root = {root.Oid.ToString(System.Globalization.CultureInfo.InvariantCulture)}");

    /// <summary>What the first run was told, for one that is told nothing.</summary>
    public EnableRequest Resume(EnableRequest request) => (request.DefaultTenant is null && request.Backfill is null
        ? request with { DefaultTenant = Tenant, Backfill = Expression }
        : request) with { Column = request.Column ?? Column };

    /// <summary>What the first run was told, for people.</summary>
    public string Told => Tenant is null ? $"-Backfill {{ {Expression} }}" : $"-DefaultTenant {TableCheck.PowerShellText(Tenant)}";

    /// <summary>Fails where this run is told something else than the first one: some rows would be one's and some the other's, or one column half made.</summary>
    /// <exception cref="TenantException"><c>RolloutChanged</c>.</exception>
    public void EnsureSame(TableState root, string column, string? tenant, string? expression, TenantIdType type)
    {
        if (column == Column && expression == Expression && (tenant is null ? null : TenantId.Parse(tenant, type).Value) == Tenant)
        {
            return;
        }

        throw new TenantException(
            "RolloutChanged",
            TenantErrorKind.InvalidState,
            $"The rollout of {root.DisplayName} was begun with {Told} for the column {Column}, and some rows are filled in by that. Go on with the same, or with neither; or go back first: Disable-TenantRls {TableCheck.PowerShellText(root.DisplayName)} -Online -RemoveColumn")
        {
            Table = root.DisplayName,
            Target = root.DisplayName,
        };
    }

    private static NpgsqlParameter Oid(uint oid) => new() { Value = oid, NpgsqlDbType = NpgsqlDbType.Oid };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
