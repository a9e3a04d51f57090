using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>
/// Compares what is in a database with what the module would make. It changes nothing, and needs no right to: what it reads
/// is the catalog, which every login may, and the rows of a table only where there may be some without a tenant.
/// </summary>
public static class RlsComparer
{
    /// <summary>The differences: of the database, of shared tables, then table by table in the order in which they are mended.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables; null for all that keep tenants apart or should, and those that lie beside them.</param>
    /// <param name="declared">What a declaration means in this database: it says what ought to be; null for what the module makes unless told otherwise.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseTooNew</c>, <c>SchemaNotOurs</c>.</exception>
    public static Task<IReadOnlyList<TenantRlsDifference>> CompareAsync(
        TenantDatabase database, IReadOnlyCollection<TableInfo>? tables = null, ResolvedDeclaration? declared = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.UseAsync(connection => CompareAsync(database, connection, tables, declared, cancellationToken), cancellationToken);
    }

    /// <summary>Refuses what can neither keep tenants apart nor is shared.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotSupported</c>.</exception>
    public static Task EnsureComparableAsync(TenantDatabase database, TableInfo table, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        return database.UseAsync(
            async connection =>
            {
                var installation = await InstallationReader.FindAsync(connection, cancellationToken).ConfigureAwait(false);

                // A view can be shared.
                if (installation is null || table.Schema == installation.Schema || table.IsSystem || table.Kind is not ('v' or 'm' or 'f'))
                {
                    TableCheck.EnsureSupported(table, installation);
                }
            },
            cancellationToken);
    }

    private static async Task<IReadOnlyList<TenantRlsDifference>> CompareAsync(
        TenantDatabase database, NpgsqlConnection connection, IReadOnlyCollection<TableInfo>? named, ResolvedDeclaration? declared, CancellationToken cancellationToken)
    {
        // What this connection remembers of the database may be what somebody has changed since.
        if (await InstallationReader.FindAsync(connection, cancellationToken).ConfigureAwait(false) is not { } installation)
        {
            return [InstallationComparer.NotInitialized(database.Database), .. DeclarationComparer.Missing(declared, named), .. DeclarationComparer.Open(declared, named)];
        }

        var (differences, canGoOn) = await InstallationComparer.CompareAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        if (!canGoOn)
        {
            return differences;
        }

        var comparison = new Comparison(database, connection, installation);
        var scope = await ComparedScope.ReadAsync(connection, installation, named, declared, cancellationToken).ConfigureAwait(false);
        return
        [
            .. differences,
            .. DeclarationComparer.Missing(declared, named),
            .. await comparison.SharedAsync(scope, cancellationToken).ConfigureAwait(false),
            .. await comparison.TablesAsync(scope, cancellationToken).ConfigureAwait(false),
            .. await comparison.GrantedAsync(scope, cancellationToken).ConfigureAwait(false),
        ];
    }
}
