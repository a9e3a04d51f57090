using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Which relations can keep tenants apart.</summary>
internal static class TableCheck
{
    /// <summary>Refuses what cannot.</summary>
    /// <exception cref="TenantException"><c>TableNotSupported</c>.</exception>
    public static void EnsureSupported(TableInfo table, Installation? installation)
    {
        var reason = table switch
        {
            { IsTemporary: true } => "a temporary table is one session's, and gone with it",
            { IsSystem: true } => "it is a system table",
            _ when table.Schema == installation?.Schema => "it is the module's own",
            { Kind: 'v' } => "it is a view: what it shows is kept apart in the tables that it reads. Enable those",
            { Kind: 'm' } => "it is a materialized view, a copy of rows that no policy can guard. Enable the tables that it reads, and let no tenant read the copy",
            { Kind: 'f' } => "it is a foreign table, and PostgreSQL has no policies for those. Enable the table on its own server",
            { Kind: 'S' } => "it is a sequence",
            { Kind: 'i' or 'I' } => "it is an index",
            { Kind: not ('r' or 'p') } => "it is no table",
            { IsExtensionMember: true } => "an extension made it, and drops it and makes it anew as it likes",
            _ => null,
        };
        if (reason is not null)
        {
            throw Refuse(table, reason);
        }
    }

    /// <summary>Refuses a partition or child whose root is not enabled.</summary>
    public static TenantException ChildOf(TableInfo table, string root, bool isPartition) => Refuse(
        table,
        $"it is a {(isPartition ? "partition" : "child")} of {root}, which would show its rows to everyone. Enable that one, and all under it are closed too: Enable-TenantRls {PowerShellText(root)}");

    /// <summary>A name as PowerShell takes it: quoted where it must be.</summary>
    public static string PowerShellText(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') ? name : $"'{name.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Refuses tables that the login may not alter, with the statement that lets it.</summary>
    /// <exception cref="TenantException"><c>PermissionDenied</c>.</exception>
    public static void EnsureOwned(IEnumerable<TableState> tables, string login)
    {
        var foreign = tables.Where(t => !t.IsOwned).ToList();
        if (foreign.Count == 0)
        {
            return;
        }

        var grants = foreign.Select(t => t.Owner).Distinct().Select(o => $"grant {Quote.Identifier(o)} to {Quote.Identifier(login)};");
        throw new TenantException(
            "PermissionDenied",
            TenantErrorKind.PermissionDenied,
            $"Only its owner can change {string.Join(", ", foreign.Select(t => $"{t.DisplayName} (owner {t.Owner})").Take(5))}. Connect as the owner, or have a DBA run:\n{string.Join('\n', grants)}")
        {
            Table = foreign[0].DisplayName,
            Target = foreign[0].DisplayName,
        };
    }

    private static TenantException Refuse(TableInfo table, string reason) => new(
        "TableNotSupported", TenantErrorKind.InvalidArgument, $"{table.DisplayName} cannot keep tenants apart: {reason}.")
    {
        Table = table.DisplayName,
        Target = table.DisplayName,
    };
}
