using Tenants.Engine.Plans;

namespace Tenants.Engine.Migrations;

/// <summary>What one migration of several is chiefly about.</summary>
/// <param name="Word">In a word, for the file's name.</param>
/// <param name="Text">In a few, for its first line.</param>
internal sealed record MigrationTopic(string Word, string Text)
{
    /// <summary>The database itself is made ready.</summary>
    public static readonly MigrationTopic Initialize = new("initialize", "makes the database ready for tenants");

    /// <summary>The database must be ready already.</summary>
    public static readonly MigrationTopic Ready = new("ready", "fails where the database is not ready for tenants");

    private static readonly MigrationTopic s_other = new("step", "a step on the way");

    // The first that fits.
    private static readonly (Func<PlanStep, bool> Fits, MigrationTopic Topic)[] s_topics =
    [
        (Mends(TenantRlsDifferenceKind.ColumnMissing), new("column", "adds the tenant column, and what fills it in for code that knows of none")),
        (s => s.LockedTable is { } table && table.EndsWith(".shared_table", StringComparison.Ordinal), new("shared", "shares a table with all tenants")),
        (Mends(TenantRlsDifferenceKind.PolicyMissing, TenantRlsDifferenceKind.PolicyChanged), new("policies", "lets each tenant see its own rows")),
        (Mends(TenantRlsDifferenceKind.RowSecurityOff, TenantRlsDifferenceKind.ForceOff), new("row_security", "switches row security on")),
        (Mends(TenantRlsDifferenceKind.NotNullMissing), new("not_null", "lets no row be without a tenant")),
        (s => s.Purpose.Contains(" that came meanwhile ", StringComparison.Ordinal), new("catch_up", "gives rows that came meanwhile their tenant, and fails where one is left without")),
        (s => s.Backfill is not null, new("backfill", "gives rows without a tenant theirs")),
        (Mends(TenantRlsDifferenceKind.RowsWithoutTenant), new("no_row_left", "fails where a row is without a tenant, before anything is enforced")),
        (Mends(TenantRlsDifferenceKind.IndexMissing, TenantRlsDifferenceKind.IndexInvalid), new("index", "builds an index that leads with the tenant")),
        (s => s.Up.Contains(" add constraint ", StringComparison.Ordinal), new("check", "lets no new row be without a tenant")),
        (s => s.Up.Contains(" validate constraint ", StringComparison.Ordinal), new("validate", "makes sure that no row is without a tenant")),
        (Mends(TenantRlsDifferenceKind.DefaultChanged), new("default", "makes the session's tenant the default")),
        (Mends(TenantRlsDifferenceKind.OwnerBlind), new("owner", "lets the table's owner go on seeing all rows")),
        (Mends(TenantRlsDifferenceKind.RightMissing, TenantRlsDifferenceKind.RightSurplus), new("rights", "gives tenants' SQL its rights")),
        (Mends(TenantRlsDifferenceKind.TenantMissing), new("tenant", "registers a tenant")),
    ];

    /// <summary>What a transaction of a plan is about.</summary>
    public static MigrationTopic Of(PlanUnit unit) => s_topics.FirstOrDefault(t => unit.Steps.Any(t.Fits)).Topic ?? s_other;

    private static Func<PlanStep, bool> Mends(params TenantRlsDifferenceKind[] kinds) => step => step.Mends is { } kind && kinds.Contains(kind);
}
