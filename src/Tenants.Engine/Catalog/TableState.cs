using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>What a table is now, in all that keeping tenants apart depends on.</summary>
internal sealed record TableState
{
    public required uint Oid { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    /// <summary>Its <c>relkind</c>.</summary>
    public required char Kind { get; init; }

    public required string Owner { get; init; }

    /// <summary>The connected login may alter it: it owns the table, or belongs to the role that does.</summary>
    public required bool IsOwned { get; init; }

    /// <summary>The owner will see all rows under FORCE: as an admin, or because no policy binds it.</summary>
    public required bool OwnerSeesAll { get; init; }

    public required bool IsEnabled { get; init; }

    public required bool IsForced { get; init; }

    /// <summary>Policies bind the connected login on this table, now.</summary>
    public required bool IsFiltered { get; init; }

    public required bool IsChild { get; init; }

    /// <summary>Its tenant column; null where there is none of that name.</summary>
    public TenantColumn? Column { get; init; }

    /// <summary>An index that leads with the tenant column.</summary>
    public string? Index { get; init; }

    /// <summary>The names of indexes of the tenant column alone whose building was cut off, in its own schema.</summary>
    public string[] InvalidIndexes { get; init; } = [];

    /// <summary>The rights of the session role on it, in lower case.</summary>
    public required string[] Granted { get; init; }

    /// <summary>The session role may use its schema.</summary>
    public required bool HasSchemaUsage { get; init; }

    /// <summary>It may by a right of its own, not PUBLIC's.</summary>
    public required bool HasOwnSchemaUsage { get; init; }

    /// <summary>Other relations in the same schema on which the session role has rights.</summary>
    public required int OtherGrants { get; init; }

    /// <summary>The sequences that its defaults draw from.</summary>
    public required IReadOnlyList<TableSequence> Sequences { get; init; }

    public required IReadOnlyList<TablePolicy> Policies { get; init; }

    /// <summary>The module's schema as PostgreSQL writes it in an expression.</summary>
    public required string SchemaIdent { get; init; }

    /// <summary>The table as SQL names it.</summary>
    public string QuotedName => Quote.Identifier(Schema, Name);

    /// <summary>The table as people name it, and as <c>-Table</c> takes it.</summary>
    public string DisplayName => TableName.Format(Schema, Name);

    /// <summary>It is a partitioned table.</summary>
    public bool IsPartitioned => Kind == 'p';

    /// <summary>The policy that keeps tenants apart stands, and says what it must.</summary>
    public bool IsIsolated(Installation installation) => Column is { } column
        && Policies.Any(p => p.Name == TenantTables.IsolationPolicy && p.Is("", PolicyText.IsolationDeparsed(installation, SchemaIdent, column)));

    /// <summary>
    /// The admin's login sees all rows: no policy binds it, or the admin's own lets all pass and no other takes away. An owner who
    /// is blind changes no row and hears of no error, so whatever reads or writes all rows makes sure of this first.
    /// </summary>
    public bool IsWhollySeen(Installation installation) => !IsFiltered
        || (Policies.Any(p => p.Name == TenantTables.AdminPolicy && p.Is(installation.AdminRole, PolicyText.AdminDeparsed(installation))) && Policies.All(p => p.LetsPass(PolicyText.AdminDeparsed(installation))));

    /// <summary>Fails unless the admin's login sees all rows.</summary>
    /// <exception cref="TenantException"><c>RowsHidden</c>.</exception>
    public void EnsureAllRowsSeen(Installation installation)
    {
        if (!IsWhollySeen(installation))
        {
            throw new TenantException(
                "RowsHidden",
                TenantErrorKind.InvalidState,
                $"Policies hide rows of {DisplayName} from this login ({string.Join(", ", Policies.Select(p => p.Name).DefaultIfEmpty("none lets a row pass"))}), so they would be passed over without a word. Let the owner see them meanwhile: alter table {QuotedName} no force row level security")
            {
                Table = DisplayName,
                Target = DisplayName,
            };
        }
    }

    /// <summary>It can carry policies; a foreign table cannot.</summary>
    public bool CanCarryPolicies => Kind is 'r' or 'p';
}
