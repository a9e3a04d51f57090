namespace Tenants;

/// <summary>For which tool a migration is written.</summary>
public enum TenantMigrationFormat
{
    /// <summary>Plain SQL: pairs of <c>.up.sql</c> and <c>.down.sql</c>, each with its own BEGIN and COMMIT.</summary>
    Sql,

    /// <summary>Flyway: <c>V…__name.sql</c>, with <c>U…</c> to undo it.</summary>
    Flyway,

    /// <summary>golang-migrate: <c>version_name.up.sql</c> and <c>.down.sql</c>.</summary>
    GolangMigrate,

    /// <summary>dbmate: one file with <c>-- migrate:up</c> and <c>-- migrate:down</c>.</summary>
    Dbmate,

    /// <summary>Alembic: revisions in Python, each naming the one before.</summary>
    Alembic,

    /// <summary>Entity Framework Core: classes derived from <c>Migration</c>.</summary>
    EFCore,

    /// <summary>FluentMigrator: classes derived from <c>Migration</c>.</summary>
    FluentMigrator,
}
