using Tenants.Engine.Catalog;

namespace Tenants.Engine.Declarations;

/// <summary>Decides which entry a table belongs to where several mean it: a plain name wins over wildcards, and else they must agree.</summary>
internal sealed class TableClaims(string source)
{
    private readonly List<Claim> _claims = [];

    /// <summary>An entry under Tables means a table.</summary>
    public void Add(TableInfo table, DeclaredTable declared, bool isWildcard) => _claims.Add(new Claim(table, declared.Table, declared.Line, isWildcard, declared, null));

    /// <summary>An entry under SharedTables means a table.</summary>
    public void Add(TableInfo table, DeclaredSharedTable declared, bool isWildcard) => _claims.Add(new Claim(table, declared.Table, declared.Line, isWildcard, null, declared));

    /// <summary>Each table with its entry, in the order of the entries.</summary>
    /// <exception cref="TenantException"><c>DeclarationConflict</c>: two entries say different things of one table.</exception>
    public (IReadOnlyList<ResolvedSharedTable> Shared, IReadOnlyList<ResolvedTable> Tables) Settle()
    {
        var order = _claims.Select((claim, i) => (claim, i)).ToDictionary(c => c.claim, c => c.i);
        var settled = _claims.GroupBy(c => c.Table.Oid).Select(Winner).OrderBy(c => order[c]).ToList();
        return (
            [.. settled.Where(c => c.Shared is not null).Select(c => new ResolvedSharedTable(c.Table, c.Shared!, source))],
            [.. settled.Where(c => c.Declared is not null).Select(c => new ResolvedTable(c.Table, c.Declared!, source))]);
    }

    private Claim Winner(IEnumerable<Claim> claims)
    {
        var all = claims.ToList();
        var plain = all.Where(c => !c.IsWildcard).ToList();
        return plain switch
        {
            [var only] => only,
            [var first, var second, ..] => throw Conflict(first, second, "Expected: each table once"),
            _ => all.Skip(1).FirstOrDefault(c => !c.Says(all[0])) is { } other
                ? throw Conflict(all[0], other, "Expected: the same in both, or an entry with the table's plain name, which wins over wildcards")
                : all[0],
        };
    }

    private TenantException Conflict(Claim first, Claim second, string expected) => new(
        "DeclarationConflict",
        TenantErrorKind.InvalidData,
        $"{source}, line {second.Line}: '{second.Name}' means {second.Table.DisplayName}, of which '{first.Name}' in line {first.Line} says {first.Differs(second)}. {expected}.")
    {
        Table = second.Table.DisplayName,
        Target = source,
    };

    private sealed record Claim(TableInfo Table, string Name, int Line, bool IsWildcard, DeclaredTable? Declared, DeclaredSharedTable? Shared)
    {
        public bool Says(Claim other) => Differs(other) is "the same";

        public string Differs(Claim other) => (Declared, other.Declared) switch
        {
            (null, not null) => "that it is shared",
            (not null, null) => "that it keeps tenants apart",
            (null, null) => Shared!.Writable == other.Shared!.Writable ? "the same" : $"Writable = {(Shared.Writable ? "$true" : "$false")}",
            var (a, b) when a.Column != b.Column => $"the column '{a.Column ?? "(its own)"}', not '{b.Column ?? "(its own)"}'",
            var (a, b) when a.Type != b.Type => "another type",
            var (a, b) when !a.Rights.SequenceEqual(b.Rights) => "other rights",
            var (a, b) when a.DefaultTenant != b.DefaultTenant || a.Backfill != b.Backfill => "something else of whose its rows become",
            var (a, b) when !a.Policies.Select(Bare).SequenceEqual(b.Policies.Select(Bare)) => "other policies",
            _ => "the same",
        };

        // Without the lists, which records compare by identity, and the line.
        private static string Bare(Plans.PolicyRequest p) => string.Join('\0', p.Name, p.Kind, p.Command, string.Join('\u0001', p.Roles), p.Using, p.Check);
    }
}
