using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Writes down a database as it is: its tenant tables, shared tables and policies.</summary>
public static class DeclarationExporter
{
    /// <summary>The declaration that a database fulfils.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables to take; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, <c>PermissionDenied</c>.</exception>
    public static async Task<TenancyDeclaration> ReadAsync(
        TenantDatabase database, IReadOnlyCollection<TableInfo>? tables, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        var wanted = tables?.Select(t => t.Oid).ToHashSet();
        return await database.UseAsync(
            async connection =>
            {
                await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                var tenants = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                uint[] oids = [.. tenants.Where(t => !t.IsChild && wanted?.Contains(t.Oid) != false).Select(t => t.Oid)];
                var families = await TableFamilyReader.ReadAsync(connection, installation, oids, null, cancellationToken).ConfigureAwait(false);
                var policies = await PolicyReader.ReadAsync(connection, oids, cancellationToken).ConfigureAwait(false);
                var byTable = policies.Where(p => !p.IsOwn).ToLookup(p => p.Table);
                var shared = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                return new TenancyDeclaration(
                    database.Database,
                    installation.TenantType,
                    null,
                    [.. families.Where(f => f.Root.Column is not null).Select(f => Describe(installation, f.Root, byTable[f.Root.DisplayName])).OrderBy(t => t.Table, StringComparer.Ordinal)],
                    [
                        .. shared.Where(s => wanted?.Contains(s.Oid) != false)
                            .Select(s => new DeclaredSharedTable(TableName.Format(s.Schema, s.Name), 0, s.IsWritable))
                            .OrderBy(t => t.Table, StringComparer.Ordinal),
                    ]);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells those of some tables of which a declaration has something to say.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>.</exception>
    public static async Task<IReadOnlyList<TableInfo>> DeclarableAsync(
        TenantDatabase database, IReadOnlyList<TableInfo> tables, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(tables);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return await database.UseAsync(
            async connection =>
            {
                var tenants = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                var shared = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                var known = tenants.Where(t => !t.IsChild).Select(t => t.Oid).Concat(shared.Select(s => s.Oid)).ToHashSet();
                return (IReadOnlyList<TableInfo>)[.. tables.Where(t => known.Contains(t.Oid))];
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The error for a table of which a declaration has nothing to say.</summary>
    /// <param name="table">The table.</param>
    public static TenantException NotDeclarable(TableInfo table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var why = table.IsChild
            ? "is a partition or child, and its declaration is that of the table above it"
            : $"neither keeps tenants apart nor is shared, so there is nothing to declare of it. Enable-TenantRls {TableCheck.PowerShellText(table.DisplayName)} or Grant-TenantTable comes first";
        return new TenantException("TableNotEnabled", TenantErrorKind.InvalidState, $"{table.DisplayName} {why}.")
        {
            Table = table.DisplayName,
            Target = table.DisplayName,
        };
    }

    private static DeclaredTable Describe(Installation installation, TableState table, IEnumerable<TenantPolicy> policies) => new(table.DisplayName, 0)
    {
        Column = table.Column!.Name == TenantTables.DefaultColumn ? null : table.Column.Name,
        Type = table.Column.Type == installation.SqlType ? null : table.Column.Type,
        Rights = [.. EnableRequest.AllRights.Intersect(table.Granted)],
        Policies =
        [
            .. policies.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => new PolicyRequest(
                p.Name,
                p.Kind,
                p.Command,
                [.. p.Role.Where(r => !PolicyRequest.IsPublic(r)).Order(StringComparer.Ordinal)],
                AdminMark.Take(p.Using, installation),
                AdminMark.Take(p.Check, installation))),
        ],
    };
}
