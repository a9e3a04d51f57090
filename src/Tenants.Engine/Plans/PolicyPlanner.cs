using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>Plans further policies beside the two that the module makes itself.</summary>
public static class PolicyPlanner
{
    /// <summary>The plan that makes a policy; empty where it stands already.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The tenant table.</param>
    /// <param name="request">The policy.</param>
    /// <param name="force">Make it even if it opens rows to other tenants.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// <c>TableNotEnabled</c>, <c>PolicyIsOwn</c>, <c>PolicyAlreadyExists</c>, <c>PolicyExpressionInvalid</c>, <c>RoleNotFound</c>,
    /// <c>PolicyRoleIsTenants</c>, and without <paramref name="force"/> <c>PolicyOpensTenants</c>.
    /// </exception>
    public static async Task<Plan> CreateAsync(
        TenantDatabase database, TableInfo table, PolicyRequest request, bool force, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        request.EnsureShape();
        EnsureNotOwn(request.Name, table);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return await database.UseAsync(c => CreateAsync(c, installation, table, request, force, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The plan that drops a policy.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">Its table.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>PolicyNotFound</c>; <c>PolicyIsOwn</c> for the module's own.</exception>
    public static async Task<Plan> RemoveAsync(TenantDatabase database, TableInfo table, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        EnsureNotOwn(name, table);
        return await database.UseAsync(c => RemoveAsync(c, table, name, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Plan> CreateAsync(
        NpgsqlConnection connection, Installation installation, TableInfo table, PolicyRequest request, bool force, CancellationToken cancellationToken)
    {
        var tenants = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var tenantTable = tenants.FirstOrDefault(t => t.Oid == table.Oid) ?? throw NotEnabled(table);
        await PolicyRoles.EnsureUsableAsync(connection, installation, request, cancellationToken).ConfigureAwait(false);
        request = AdminMark.Fill(request, installation);

        var wanted = await PolicyStatements.ReadAsync(connection, tenantTable, request, null, cancellationToken).ConfigureAwait(false);
        var standing = await PolicyReader.ReadAsync(connection, [table.Oid], cancellationToken).ConfigureAwait(false);
        if (standing.FirstOrDefault(p => p.Name == request.Name) is { } same)
        {
            return PolicyStatements.IsSame(same, wanted) ? new Plan(tenantTable.DisplayName, []) : throw AlreadyExists(tenantTable, same);
        }

        var effect = await PolicyEffect.JudgeAsync(connection, installation, tenantTable, wanted, standing, cancellationToken).ConfigureAwait(false);
        if (effect.Opens is { } opens && !force)
        {
            throw PolicyStatements.Opening(tenantTable, wanted, opens);
        }

        return new Plan(tenantTable.DisplayName, [PolicyStatements.Create(tenantTable.QuotedName, wanted)]) { Warnings = effect.Warnings };
    }

    private static async Task<Plan> RemoveAsync(NpgsqlConnection connection, TableInfo table, string name, CancellationToken cancellationToken)
    {
        var standing = await PolicyReader.ReadAsync(connection, [table.Oid], cancellationToken).ConfigureAwait(false);
        var policy = standing.FirstOrDefault(p => p.Name == name) ?? throw NotFound(table, name, standing);
        return new Plan($"{policy.Name} on {policy.Table}", [PolicyStatements.Drop(table.QuotedName, policy)]);
    }

    private static void EnsureNotOwn(string name, TableInfo table)
    {
        if (name is TenantTables.IsolationPolicy or TenantTables.AdminPolicy)
        {
            throw new TenantException(
                "PolicyIsOwn",
                TenantErrorKind.InvalidArgument,
                $"The policy '{name}' is the module's own: Enable-TenantRls and Disable-TenantRls make and drop it.")
            {
                Target = name,
                Table = table.DisplayName,
            };
        }
    }

    private static TenantException NotEnabled(TableInfo table) => new(
        "TableNotEnabled",
        TenantErrorKind.InvalidState,
        $"The table {table.DisplayName} keeps no tenants apart, so a policy beside that has nothing to stand beside. Run Enable-TenantRls on it first.")
    {
        Table = table.DisplayName,
    };

    private static TenantException AlreadyExists(TenantTable table, TenantPolicy standing) => new(
        "PolicyAlreadyExists",
        TenantErrorKind.AlreadyExists,
        $"{table.DisplayName} has another policy '{standing.Name}': {PolicyStatements.Text(table.QuotedName, standing)}\nRemove-TenantPolicy drops it; or take another name.")
    {
        Target = standing.Name,
        Table = table.DisplayName,
    };

    private static TenantException NotFound(TableInfo table, string name, IReadOnlyList<TenantPolicy> standing)
    {
        var others = standing.Where(p => !p.IsOwn).Select(p => p.Name).ToList();
        return new TenantException(
            "PolicyNotFound",
            TenantErrorKind.NotFound,
            $"{table.DisplayName} has no policy '{name}'. {(others.Count == 0 ? "It has none but the module's own." : $"It has: {string.Join(", ", others)}.")}")
        {
            Target = name,
            Table = table.DisplayName,
        };
    }
}
