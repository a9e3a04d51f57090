using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>A table as further policies will find it, once it is enabled.</summary>
/// <param name="Table">The table.</param>
/// <param name="NewColumn">The tenant column that it does not have yet, as CREATE TABLE takes it; null where it has.</param>
/// <param name="Standing">The policies that will stand.</param>
internal sealed record PolicyGround(TenantTable Table, string? NewColumn, IReadOnlyList<TenantPolicy> Standing)
{
    /// <summary>Reads it.</summary>
    public static async Task<PolicyGround> ReadAsync(
        NpgsqlConnection connection, EnablePlan enabling, EnableRequest request, IReadOnlyList<TenantPolicy> standing, CancellationToken cancellationToken)
    {
        var installation = enabling.Installation;
        var families = await TableFamilyReader.ReadAsync(connection, installation, [enabling.Table.Oid], request.Column, cancellationToken).ConfigureAwait(false);
        var root = families.Single().Root;
        var type = request.Type ?? installation.SqlType;
        var name = request.Column ?? TenantTables.DefaultColumn;
        var column = root.Column ?? new TenantColumn(name, TableName.Format(name), type, (request.BaseType ?? type).Split('(')[0], request.BaseType is not null, true, true, false, null);
        var table = new TenantTable(root.Oid, root.Schema, root.Name, root.Kind, column.Name, 0, column.Type, true, true, false);
        var isolation = PolicyText.IsolationDeparsed(installation, root.SchemaIdent, column);
        return new PolicyGround(
            table,
            root.Column is null ? $"{table.QuotedColumn} {type}" : null,
            [
                Own(table, TenantTables.IsolationPolicy, "PUBLIC", isolation),
                Own(table, TenantTables.AdminPolicy, installation.AdminRole, PolicyText.AdminDeparsed(installation)),
                .. standing.Where(p => !p.IsOwn),
            ]);
    }

    private static TenantPolicy Own(TenantTable table, string name, string role, string expression) => new()
    {
        Table = table.DisplayName,
        Name = name,
        Kind = TenantPolicyKind.Permissive,
        Command = TenantPolicyCommand.All,
        Role = [role],
        Using = expression,
        Check = expression,
        IsOwn = true,
    };
}
