using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;

namespace Tenants.Engine.Catalog;

/// <summary>Tells how tables keep tenants apart, and what is missing.</summary>
public static class RlsReader
{
    // A tenant table whose policies were dropped is one that must not be missed: tenants' SQL still has its rights.
    private const string Concerned = """
        select c.oid
        from pg_catalog.pg_class c
        where c.relkind in ('r', 'p') and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid)
          and (exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polname in ('tenants_isolation', 'tenants_admin'))
               or exists (select from pg_catalog.aclexplode(c.relacl) g join pg_catalog.pg_roles r on r.oid = g.grantee where r.rolname = $1))
        """;

    /// <summary>All tables that keep tenants apart, or should; shared tables are left out.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<IReadOnlyList<TenantRls>> ListAsync(TenantDatabase database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.UseAsync<IReadOnlyList<TenantRls>>(async connection =>
        {
            if (await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is not { } installation)
            {
                return [];
            }

            var concerned = await ConcernedAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            var prepared = await PreparedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            var tables = await DescribeAsync(database, connection, installation, [.. concerned.Union(prepared.Keys)], _ => new EnableRequest(), cancellationToken).ConfigureAwait(false);
            return [.. tables.Where(t => t.State is not TenantRlsState.Shared)];
        }, cancellationToken);
    }

    /// <summary>Some tables, whether they keep tenants apart or not.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<IReadOnlyList<TenantRls>> ReadAsync(
        TenantDatabase database, IReadOnlyCollection<TableInfo> tables, CancellationToken cancellationToken = default) =>
        ReadAsync(database, tables, _ => new EnableRequest(), cancellationToken);

    /// <summary>Some tables, held against what was asked of each.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="asked">What was asked of a table, by its OID.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<IReadOnlyList<TenantRls>> ReadAsync(
        TenantDatabase database, IReadOnlyCollection<TableInfo> tables, Func<uint, EnableRequest> asked, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.UseAsync(async connection =>
        {
            var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
            return await DescribeAsync(database, connection, installation, [.. tables.Select(t => t.Oid)], asked, cancellationToken).ConfigureAwait(false);
        }, cancellationToken);
    }

    private static async Task<IReadOnlyList<TenantRls>> DescribeAsync(
        TenantDatabase database, NpgsqlConnection connection, Installation? installation, uint[] tables, Func<uint, EnableRequest> asked, CancellationToken cancellationToken)
    {
        if (tables.Length == 0)
        {
            return [];
        }

        if (installation is not null)
        {
            await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        }

        var names = installation ?? new Installation("tenants", 0, TenantIdType.Text, "", "", "");
        var families = await TableFamilyReader.ReadAsync(connection, names, tables, null, cancellationToken).ConfigureAwait(false);
        var shared = installation is null ? [] : await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var sharedOids = shared.Select(s => s.Oid).ToHashSet();
        var prepared = installation is null ? [] : await PreparedAsync(connection, installation, families, cancellationToken).ConfigureAwait(false);
        return
        [
            .. families.Select(f => Describe(
                database, installation, prepared.GetValueOrDefault(f.Root.Oid, f), asked(f.Root.Oid), sharedOids.Contains(f.Root.Oid), prepared.ContainsKey(f.Root.Oid))),
        ];
    }

    // Those of them that keep nobody apart yet, each by the column that it is prepared with.
    private static async Task<Dictionary<uint, TableFamily>> PreparedAsync(
        NpgsqlConnection connection, Installation installation, IReadOnlyList<TableFamily> families, CancellationToken cancellationToken)
    {
        var prepared = new Dictionary<uint, TableFamily>();
        var open = families.Where(f => IsOff(f.Root)).Select(f => f.Root.Oid).ToList();
        if (open.Count == 0)
        {
            return prepared;
        }

        var columns = await PreparedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        foreach (var same in open.Where(columns.ContainsKey).GroupBy(oid => columns[oid]))
        {
            foreach (var family in await TableFamilyReader.ReadAsync(connection, installation, [.. same], same.Key, cancellationToken).ConfigureAwait(false))
            {
                prepared[family.Root.Oid] = family;
            }
        }

        return prepared;
    }

    private static bool IsOff(TableState root) => root.Granted.Length == 0 && !root.Policies.Any(p => p.IsOwn);

    private static TenantRls Describe(TenantDatabase database, Installation? installation, TableFamily family, EnableRequest asked, bool isShared, bool isPrepared)
    {
        var root = family.Root;
        var isOff = installation is null || (IsOff(root) && !isPrepared);
        IReadOnlyList<string> missing = isOff || isShared ? [] : Missing(database, installation!, family, asked);
        var column = isOff || isShared ? null : root.Column;
        var opening = isOff || isShared ? [] : Opening(installation!, family);
        return new TenantRls
        {
            Table = root.DisplayName,
            Schema = root.Schema,
            Name = root.Name,
            State = isShared ? TenantRlsState.Shared
                : isOff ? TenantRlsState.Off
                : isPrepared ? TenantRlsState.Prepared
                : missing.Count > 0 ? TenantRlsState.Incomplete
                : opening.Count > 0 ? TenantRlsState.Opened
                : TenantRlsState.On,
            Column = column?.Name,
            Type = column?.Type,
            Enabled = root.IsEnabled,
            Forced = root.IsForced,
            Policies = [.. root.Policies.Select(p => p.Name)],
            Index = column is null ? null : root.Index,
            Owner = root.Owner,
            Partitions = [.. family.Children.Select(c => c.DisplayName)],
            Missing = missing,
            OpenedBy = opening,
        };
    }

    private static IReadOnlyList<string> Missing(TenantDatabase database, Installation installation, TableFamily family, EnableRequest asked)
    {
        // A partition or child named by itself is what its root makes it: rights it needs none.
        var column = family.Root.Column?.Name ?? TenantTables.DefaultColumn;
        var steps = new EnableSteps(installation, database.ServerVersion, family, asked, column, new HashSet<string>(), Fill.None);
        return [.. (family.Root.IsChild ? steps.ForChild() : steps.All()).Select(s => s.Purpose)];
    }

    // Permissive policies are joined by OR: one that does not hold the tenant's condition itself opens rows to other tenants.
    private static IReadOnlyList<string> Opening(Installation installation, TableFamily family)
    {
        var root = family.Root;
        var isolation = root.Column is { } column ? PolicyText.IsolationDeparsed(installation, root.SchemaIdent, column) : "";
        return
        [
            .. root.Policies
                .Where(p => p is { IsOwn: false, IsPermissive: true } && p.Roles.Any(r => r.Length == 0 || r == installation.SessionRole))
                .Where(p => !((string?[])[p.Using, p.Check]).OfType<string>().All(e => Deparsed.Requires(e, isolation)))
                .Select(p => p.Name),
        ];
    }

    /// <summary>The roots that keep tenants apart, should, or are open to tenants' SQL; shared tables too.</summary>
    internal static async Task<uint[]> ConcernedAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Concerned, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = installation.SessionRole } },
        };
        var oids = new List<uint>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            oids.Add(reader.GetFieldValue<uint>(0));
        }

        return [.. oids];
    }
}
