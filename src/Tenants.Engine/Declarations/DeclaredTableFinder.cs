using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Declarations;

/// <summary>Finds the tables that the entries of a declaration mean.</summary>
internal sealed class DeclaredTableFinder(TenantDatabase database, TenancyDeclaration declaration)
{
    private readonly List<MissingTable> _missing = [];
    private readonly List<string> _warnings = [];

    /// <summary>Names without wildcards that no table has.</summary>
    public IReadOnlyList<MissingTable> Missing => _missing;

    /// <summary>Wildcards that nothing fits: they may stand there for tables to come.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Looks for all of them.</summary>
    public async Task<TableClaims> FindAsync(Installation? installation, CancellationToken cancellationToken)
    {
        var claims = new TableClaims(declaration.Source);
        foreach (var declared in declaration.SharedTables)
        {
            foreach (var table in await FindAsync(declared.Table, declared.Line, true, cancellationToken).ConfigureAwait(false))
            {
                claims.Add(table, declared, IsWildcard(declared.Table));
            }
        }

        var shared = installation is null
            ? []
            : await database.UseAsync(c => SharedTables.ListAsync(c, installation, cancellationToken), cancellationToken).ConfigureAwait(false);
        var sharedOids = shared.Select(s => s.Oid).ToHashSet();
        foreach (var declared in declaration.Tables)
        {
            var isWildcard = IsWildcard(declared.Table);
            foreach (var table in await FindAsync(declared.Table, declared.Line, false, cancellationToken).ConfigureAwait(false))
            {
                // A table that was shared by name is passed over by wildcards, as by Enable-TenantRls.
                if (!isWildcard || !sharedOids.Contains(table.Oid))
                {
                    claims.Add(table, declared, isWildcard);
                }
            }
        }

        return claims;
    }

    private static bool IsWildcard(string name) => TableName.Parse(name).HasWildcard;

    private async Task<IReadOnlyList<TableInfo>> FindAsync(string name, int line, bool isShared, CancellationToken cancellationToken)
    {
        try
        {
            var found = await TableFinder.FindAsync(database, name, declaration.Schema, cancellationToken).ConfigureAwait(false);
            if (found.Count == 0)
            {
                _warnings.Add($"{declaration.Source}, line {line}: no table fits '{name}' now.");
            }

            return found;
        }
        catch (TenantException e) when (e.ErrorId == "TableNotFound")
        {
            _missing.Add(new MissingTable(name, line, isShared, e.At(declaration.Source, line)));
            return [];
        }
    }
}
